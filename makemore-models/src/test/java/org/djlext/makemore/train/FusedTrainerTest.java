/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.metric.Metrics;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.evaluator.Accuracy;
import ai.djl.training.listener.EvaluatorTrainingListener;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.translate.NoopTranslator;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.layer.ParameterNames;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** EasyTrain with a FusedTrainer beside our own loop and beside DJL's Trainer. */
class FusedTrainerTest {

    private static final Corpus CORPUS = Corpus.of(Names.embedded().subList(0, 300));
    private static final int BATCH = 8;
    // More than two calls of the script, the last one with fewer steps.
    private static final int STEPS = 37;

    /** What training gave. */
    @SuppressWarnings("ArrayRecordComponent") // only their elements are compared
    private record Trained(float[] losses, float[] parameters, float accuracy, float devLoss) {}

    private static ModelConfig small(ModelType type) {
        return type.defaults(CORPUS.vocabulary().size(), CORPUS.longest()).toBuilder()
                .embedding(8)
                .hidden(12)
                .layers(2)
                .build();
    }

    private static Examples examples(NDManager manager, LanguageModel model, List<String> names) {
        return Examples.of(manager, model, names, CORPUS.vocabulary());
    }

    private static StepOptimizer optimizer(LanguageModel model) {
        LearningRate rate = LearningRate.stepDecay(0.05, 20);
        return model instanceof ContextModel
                ? StepOptimizer.sgd(rate)
                : StepOptimizer.adamW(AdamWUpdate.Settings.MAKEMORE, rate);
    }

    private static float[] parameters(LanguageModel model) {
        List<float[]> all = new ArrayList<>();
        ParameterNames.of(model).values().forEach(p -> all.add(p.getArray().toFloatArray()));
        FloatBuffer numbers = FloatBuffer.allocate(all.stream().mapToInt(a -> a.length).sum());
        all.forEach(numbers::put);
        return numbers.array();
    }

    private static Trained loop(ModelType type, Gradients gradients) {
        try (NDManager manager = NDManager.newBaseManager()) {
            LanguageModel model = small(type).model(gradients);
            new TorchGenerator(7);
            model.initialize(manager, DataType.FLOAT32);
            try (ParameterUpdate update = optimizer(model).update(manager, model);
                    Examples train = examples(manager, model, CORPUS.split().train());
                    Examples dev = examples(manager, model, CORPUS.split().dev())) {
                TrainingLoop loop =
                        new TrainingLoop(
                                manager,
                                model,
                                train,
                                update,
                                new TrainingLoop.Settings(
                                        BATCH, LearningRate.stepDecay(0.05, 20), 0));
                float[] losses = new float[STEPS];
                new TorchGenerator(5);
                loop.runTo(STEPS, (step, loss) -> losses[step] = loss);
                assertEquals(gradients == Gradients.FUSED, loop.isFused());
                float devLoss = (float) Evaluation.loss(manager, model, dev);
                return new Trained(losses, parameters(model), 0, devLoss);
            }
        }
    }

    private static DefaultTrainingConfig config(LanguageModel model) {
        return new DefaultTrainingConfig(new LanguageModelLoss(model))
                .optOptimizer(optimizer(model))
                .addEvaluator(new Accuracy("Accuracy", model.everyPosition() ? 2 : 1))
                .addTrainingListeners(TrainingListener.Defaults.basic());
    }

    private static Trained fit(
            ModelType type,
            Gradients gradients,
            BiFunction<Model, TrainingConfig, Trainer> newTrainer,
            Function<Examples, Dataset> data,
            int epochs)
            throws Exception {
        LanguageModel block = small(type).model(gradients);
        try (Model model = Model.newInstance("names");
                NDManager manager = model.getNDManager().newSubManager();
                Examples train = examples(manager, block, CORPUS.split().train());
                Examples dev = examples(manager, block, CORPUS.split().dev())) {
            model.setBlock(block);
            Losses losses = new Losses();
            TrainingConfig config = config(block).addTrainingListeners(losses);
            try (Trainer trainer = newTrainer.apply(model, config)) {
                trainer.setMetrics(new Metrics());
                new TorchGenerator(7);
                trainer.initialize(new Shape(1, block.blockSize()));
                new TorchGenerator(5);
                EasyTrain.fit(trainer, epochs, data.apply(train), dev.toDataset(dev.size(), false));
                if (trainer instanceof FusedTrainer fused) {
                    assertEquals(gradients == Gradients.FUSED, fused.isFused());
                }
                int steps = losses.all.size();
                assertEquals(steps, trainer.getMetrics().getMetric("forward").size());
                assertEquals(steps, trainer.getMetrics().getMetric("step").size());
                float[] all = new float[steps];
                for (int i = 0; i < steps; i++) {
                    all[i] = losses.all.get(i);
                }
                var result = trainer.getTrainingResult();
                assertEquals(Evaluation.loss(manager, block, dev), result.getValidateLoss(), 1e-5);
                return new Trained(
                        all,
                        parameters(block),
                        result.getTrainEvaluation("Accuracy"),
                        result.getValidateLoss());
            }
        }
    }

    private static Dataset drawn(Examples examples) {
        return examples.toDataset(new DrawSampler(BATCH, STEPS));
    }

    @ParameterizedTest
    @CsvSource({
        "MLP, FUSED",
        "MLP_BN, FUSED",
        "DEEP, FUSED",
        "WAVENET, FUSED",
        "TRANSFORMER, FUSED",
        "MLP_BN, ENGINE",
        "TRANSFORMER, ENGINE",
        "GRU, ENGINE"
    })
    void lossesAndParametersAreThoseOfOurLoopToTheLastBit(ModelType type, Gradients gradients)
            throws Exception {
        Trained ours = loop(type, gradients);
        Trained easy = fit(type, gradients, FusedTrainer::new, FusedTrainerTest::drawn, 1);
        assertArrayEquals(ours.losses, easy.losses);
        assertArrayEquals(ours.parameters, easy.parameters);
    }

    @ParameterizedTest
    @CsvSource({"MLP_BN", "TRANSFORMER"})
    void djlsOwnTrainerComputesTheSame(ModelType type) throws Exception {
        Trained fused = fit(type, Gradients.FUSED, FusedTrainer::new, FusedTrainerTest::drawn, 1);
        Trained plain = fit(type, Gradients.ENGINE, Model::newTrainer, FusedTrainerTest::drawn, 1);
        assertArrayEquals(plain.losses, fused.losses, 1e-3f);
        assertEquals(plain.accuracy, fused.accuracy, 0.01);
        assertEquals(plain.devLoss, fused.devLoss, 1e-3);
    }

    @Test
    void epochsEndWithASmallerBatch() throws Exception {
        Function<Examples, Dataset> ours = examples -> examples.toDataset(500, false);
        Function<Examples, Dataset> djls =
                examples -> {
                    Examples.Batch all =
                            examples.slice(NDManager.newBaseManager(), 0, examples.size());
                    return new ArrayDataset.Builder()
                            .setData(all.x())
                            .optLabels(all.y())
                            .setSampling(500, false)
                            .build();
                };
        Trained fused = fit(ModelType.WAVENET, Gradients.FUSED, FusedTrainer::new, ours, 3);
        assertTrue(fused.losses.length > 6 && fused.losses.length % 3 == 0);
        Trained plain = fit(ModelType.WAVENET, Gradients.ENGINE, Model::newTrainer, djls, 3);
        assertArrayEquals(plain.losses, fused.losses, 1e-3f);
        // Batches of DJL's data set cannot be seen before.
        Trained oneByOne = fit(ModelType.WAVENET, Gradients.FUSED, FusedTrainer::new, djls, 3);
        assertArrayEquals(fused.losses, oneByOne.losses);
        assertArrayEquals(fused.parameters, oneByOne.parameters);
    }

    @Test
    void aLoadedModelIsTrainedOnAndPredicts(@TempDir Path folder) throws Exception {
        LanguageModel block = small(ModelType.MLP_BN).model(Gradients.FUSED);
        try (Model model = Model.newInstance("names");
                Model loaded = Model.newInstance("names")) {
            block.initialize(model.getNDManager(), DataType.FLOAT32);
            model.setBlock(block);
            model.save(folder, "names");
            LanguageModel other = small(ModelType.MLP_BN).model(Gradients.FUSED);
            loaded.setBlock(other);
            loaded.load(folder, "names");
            float[] before = parameters(other);
            assertArrayEquals(parameters(block), before);
            NDManager manager = loaded.getNDManager();
            TrainingConfig config =
                    config(other).optOptimizer(StepOptimizer.sgd(LearningRate.constant(0.3)));
            try (FusedTrainer trainer = new FusedTrainer(loaded, config);
                    Examples train = examples(manager, other, CORPUS.split().train())) {
                trainer.initialize(new Shape(1, other.blockSize()));
                assertTrue(trainer.isFused());
                double loss = Evaluation.loss(manager, other, train);
                EasyTrain.fit(trainer, 2, train.toDataset(32, true), null);
                double after = Evaluation.loss(manager, other, train);
                assertTrue(after < loss - 0.2, loss + " to " + after);
                int arrays = manager.getManagedArrays().size();
                EasyTrain.fit(trainer, 1, train.toDataset(32, true), null);
                assertEquals(arrays, manager.getManagedArrays().size(), "arrays are left behind");
                NDArray x = train.slice(manager, 0, 4).x();
                try (Predictor<NDList, NDList> predictor =
                        loaded.newPredictor(new NoopTranslator(null))) {
                    assertEquals(
                            other.call(new ParameterStore(manager, false), x, false),
                            predictor.predict(new NDList(x)).singletonOrThrow());
                }
            }
        }
    }

    @Test
    void aLossThatIsNoNumberStopsBeforeTheUpdate() throws Exception {
        LanguageModel block = small(ModelType.MLP).model(Gradients.FUSED);
        try (Model model = Model.newInstance("names");
                Examples train = examples(model.getNDManager(), block, CORPUS.split().train())) {
            model.setBlock(block);
            TrainingConfig config =
                    config(block).optOptimizer(StepOptimizer.sgd(step -> step < 3 ? 0.1 : 3e38));
            try (Trainer trainer = new FusedTrainer(model, config)) {
                trainer.initialize(new Shape(1, block.blockSize()));
                String message =
                        assertThrows(
                                        TrainingException.class,
                                        () ->
                                                EasyTrain.fit(
                                                        trainer,
                                                        1,
                                                        train.toDataset(32, true),
                                                        null))
                                .getMessage();
                assertTrue(
                        String.valueOf(message)
                                .matches(
                                        "training stopped at step ([4-9]|1\\d), because the loss is"
                                                + " (NaN|Infinity); try a lower learning rate"),
                        message);
            }
        }
    }

    @Test
    void whatCannotBeTrainedIsToldInASentence() throws Exception {
        LanguageModel block = small(ModelType.MLP).model(Gradients.FUSED);
        try (Model model = Model.newInstance("names");
                Examples train = examples(model.getNDManager(), block, CORPUS.split().train())) {
            model.setBlock(block);
            TrainingConfig adam = config(block).optOptimizer(Optimizer.adam().build());
            assertEquals(
                    "a FusedTrainer takes a StepOptimizer, but the configuration has Adam; set one"
                            + " with optOptimizer, or use model.newTrainer",
                    assertThrows(
                                    IllegalArgumentException.class,
                                    () -> new FusedTrainer(model, adam))
                            .getMessage());
            TrainingConfig l2 =
                    new DefaultTrainingConfig(new Doubled(block)).optOptimizer(optimizer(block));
            try (FusedTrainer trainer = new FusedTrainer(model, l2)) {
                trainer.initialize(new Shape(1, block.blockSize()));
                Dataset data = train.toDataset(32, false);
                String message =
                        assertThrows(
                                        IllegalStateException.class,
                                        () -> EasyTrain.fit(trainer, 1, data, null))
                                .getMessage();
                assertTrue(
                        String.valueOf(message).startsWith("fused steps minimize the mean"),
                        message);
                NDList x = new NDList(train.slice(trainer.getManager(), 0, 4).x());
                assertThrows(UnsupportedOperationException.class, () -> trainer.forward(x));
            }
        }
    }

    /** Twice the cross entropy. */
    private static final class Doubled extends Loss {
        private final LanguageModelLoss loss;

        Doubled(LanguageModel model) {
            super("doubled");
            loss = new LanguageModelLoss(model);
        }

        @Override
        public NDArray evaluate(NDList labels, NDList predictions) {
            return loss.evaluate(labels, predictions).mul(2);
        }
    }

    /** Notes the losses, and checks what a listener is given. */
    private static final class Losses extends TrainingListenerAdapter {
        private final List<Float> all = new ArrayList<>();

        @Override
        public void onTrainingBatch(Trainer trainer, BatchData data) {
            NDList labels = data.getLabels().values().iterator().next();
            NDList logits = data.getPredictions().values().iterator().next();
            Shape shape = labels.singletonOrThrow().getShape();
            assertEquals(
                    shape.add(CORPUS.vocabulary().size()), logits.singletonOrThrow().getShape());
            assertFalse(logits.get(0).isNaN().any().getBoolean());
            float loss = trainer.getLoss().getAccumulator(EvaluatorTrainingListener.TRAIN_ALL);
            // The loss belongs to these logits.
            NDArray logprobs = logits.get(0).logSoftmax(-1);
            NDArray y = labels.get(0);
            NDArray known = y.gte(0);
            NDArray picked =
                    logprobs.gather(y.maximum(0).expandDims(-1), -1).squeeze(-1).mul(known);
            float expected =
                    -picked.sum().getFloat()
                            / known.toType(DataType.FLOAT32, false).sum().getFloat();
            assertEquals(expected, loss, 1e-4);
            all.add(loss);
        }
    }
}
