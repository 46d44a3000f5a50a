/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.Model;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.listener.TrainingListener;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.djlext.compile.CompiledTrainer;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.nn.ParameterNames;
import org.djlext.optim.TorchAdamW;
import org.djlext.optim.TorchOptimizer;
import org.djlext.testing.ArrayTest;
import org.djlext.testing.RecordedLosses;
import org.djlext.torch.RandomState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every model trained by compiled steps, by hand-written gradients and by the engine's. */
class ThreeWaysTest extends ArrayTest {

    private static final OptimizerConfig ADAMW =
            new OptimizerConfig(OptimizerConfig.Kind.ADAMW, 0.9, 0.999, 0.01, true);
    private static final NamesCorpus CORPUS = NamesCorpus.of(Names.embedded().subList(0, 300));
    private static final int BATCH = 8;
    private static final int STEPS = 5;

    private static ModelConfig small(ModelType type) {
        return type.defaults(CORPUS.vocabulary().size(), CORPUS.longest())
                .with(Map.of("embedding", 8, "hidden", 12, "layers", 2));
    }

    private Examples examples(LanguageModel model) {
        return model.examples(CORPUS.split().train(), CORPUS.vocabulary());
    }

    private LanguageModel draw(ModelType type, DataType numbers) {
        LanguageModel model = small(type).model();
        RandomState.seed(7);
        model.initialize(manager, numbers);
        return model;
    }

    private TrainingLoop loop(LanguageModel model, TrainingConfig.Builder settings) {
        return new TrainingLoop(manager, model, examples(model), settings.build());
    }

    private static TrainingConfig.Builder settings(
            OptimizerConfig optimizer, LearningRate rate, Gradients gradients) {
        return TrainingConfig.builder(60)
                .batchSize(BATCH)
                .optimizer(optimizer)
                .learningRate(rate)
                .gradients(gradients);
    }

    /**
     * Trains, and returns the losses and the last gradients' norm; running statistics are among the
     * parameters.
     */
    private double[] train(
            LanguageModel model, OptimizerConfig optimizer, double clip, Gradients gradients) {
        RandomState.seed(5);
        double[] losses = new double[STEPS + 1];
        try (TrainingLoop loop =
                loop(
                        model,
                        settings(optimizer, LearningRate.stepDecay(0.05, 3), gradients)
                                .clip(clip))) {
            loop.runTo(STEPS, (step, loss) -> losses[step] = loss);
            losses[STEPS] = loop.gradientNorm();
        }
        return losses;
    }

    @ParameterizedTest
    @EnumSource(ModelType.class)
    void modelsAreTrainedAlike(ModelType type) {
        for (int clip : new int[] {0, 1}) {
            compare(type, clip, true);
            compare(type, clip, false);
        }
    }

    private void compare(ModelType type, double clip, boolean descent) {
        LanguageModel want = draw(type, DataType.FLOAT64);
        double[] losses = {};
        for (Gradients gradients :
                new Gradients[] {Gradients.ENGINE, Gradients.MANUAL, Gradients.COMPILED}) {
            LanguageModel model = draw(type, DataType.FLOAT64);
            double[] got =
                    train(model, descent ? OptimizerConfig.sgd(0.01) : ADAMW, clip, gradients);
            if (gradients == Gradients.ENGINE) {
                want = model;
                losses = got;
                continue;
            }
            assertArrayEquals(losses, got, 1e-6, type + " " + gradients);
            GradientTable table = new GradientTable(new Tolerance(1e-8, 1e-10));
            var others = ParameterNames.of(model);
            ParameterNames.of(want)
                    .forEach(
                            (name, parameter) ->
                                    table.compare(
                                            type + " " + gradients + " " + name,
                                            Objects.requireNonNull(others.get(name)).getArray(),
                                            parameter.getArray()));
            table.assertApproximate();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = ModelType.class,
            names = {"MLP_BN", "WAVENET", "GRU", "TRANSFORMER", "GPT"})
    void easyTrainHasTheLossesOfOurLoop(ModelType type) throws Exception {
        int steps = 37;
        LanguageModel ours = draw(type, DataType.FLOAT32);
        double[] want = new double[steps];
        try (TrainingLoop loop =
                loop(ours, settings(ADAMW, LearningRate.constant(0.01), Gradients.COMPILED))) {
            RandomState.seed(5);
            loop.runTo(steps, (step, loss) -> want[step] = loss);
        }
        RecordedLosses recorded = new RecordedLosses();
        LanguageModel block = small(type).model();
        try (Model model = Model.newInstance("names");
                TorchOptimizer optimizer = TorchAdamW.builder().optLearningRate(0.01).build()) {
            model.setBlock(block);
            ai.djl.training.TrainingConfig config =
                    new DefaultTrainingConfig(LanguageModel.newLoss())
                            .optOptimizer(optimizer)
                            .addTrainingListeners(TrainingListener.Defaults.basic())
                            .addTrainingListeners(recorded);
            try (Trainer trainer = new CompiledTrainer(model, config)) {
                Examples examples = examples(block);
                RandomState.seed(7);
                trainer.initialize(new Shape(1, block.config().blockSize()));
                RandomState.seed(5);
                EasyTrain.fit(trainer, 1, examples.toDataset(new DrawSampler(BATCH, steps)), null);
            }
        }
        List<Float> losses = recorded.losses();
        assertEquals(steps, losses.size());
        for (int i = 0; i < steps; i++) {
            assertEquals(want[i], losses.get(i), 1e-3, "step " + i);
        }
    }

    @Test
    void aLossThatIsNoNumberStopsBeforeTheUpdate() {
        for (Gradients gradients : Gradients.values()) {
            LanguageModel model = draw(ModelType.MLP, DataType.FLOAT32);
            // Rates of 0.1, and from the fourth step on beyond all bounds.
            LearningRate rate = LearningRate.sweep(0.1, 3e38);
            try (TrainingLoop loop =
                    loop(model, settings(OptimizerConfig.sgd(0), rate, gradients))) {
                TrainingException e =
                        assertThrows(
                                TrainingException.class, () -> loop.runTo(60, (step, loss) -> {}));
                assertEquals(
                        true,
                        ("" + e.getMessage())
                                .matches(
                                        "training of mlp stopped at step ([4-9]|[1-5]\\d), because"
                                                + " the loss is (NaN|Infinity); .*; try a lower"
                                                + " learning rate"),
                        e.getMessage());
            }
        }
    }
}
