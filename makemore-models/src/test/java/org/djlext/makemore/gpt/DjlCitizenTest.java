/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.metric.Metrics;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.tracker.Tracker;
import java.util.List;
import java.util.Objects;
import org.djlext.autograd.Autograd;
import org.djlext.compile.CompiledTrainer;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Corpus.Part;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.TextCorpus;
import org.djlext.makemore.data.Texts;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.train.DrawSampler;
import org.djlext.makemore.train.Evaluation;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.OptimizerConfig;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.makemore.train.TrainingLoop;
import org.djlext.nn.CrossEntropyLoss;
import org.djlext.optim.TorchAdamW;
import org.djlext.testing.ArrayTest;
import org.djlext.testing.RecordedLosses;
import org.djlext.torch.RandomState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A GPT in DJL's own machinery: EasyTrain and a compiled trainer. */
class DjlCitizenTest extends ArrayTest {

    private static final CharVocabulary TOKENIZER = CharVocabulary.ofText(Texts.embedded());

    @ParameterizedTest
    @EnumSource(value = Gradients.class, names = "COMPILED", mode = EnumSource.Mode.EXCLUDE)
    void easyTrainTrainsIt(Gradients gradients) throws Exception {
        Engine.getInstance().setRandomSeed(3);
        TextCorpus corpus = TextCorpus.of(Texts.embedded());
        Gpt gpt = new Gpt(GptStage.G7.config(TOKENIZER.size()));
        try (Autograd.Scope way = gradients.scope();
                Model model = Model.newInstance("gpt")) {
            model.setBlock(gpt);
            DefaultTrainingConfig config =
                    new DefaultTrainingConfig(new CrossEntropyLoss())
                            .optOptimizer(
                                    TorchAdamW.builder()
                                            .optLearningRateTracker(Tracker.fixed(3e-3f))
                                            .build())
                            .addTrainingListeners(TrainingListener.Defaults.basic());
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.setMetrics(new Metrics());
                trainer.initialize(new Shape(16, 8));
                EasyTrain.fit(
                        trainer,
                        2,
                        examples(corpus, Part.TRAIN).toDataset(new DrawSampler(16, 60)),
                        examples(corpus, Part.DEV).toDataset(new DrawSampler(16, 5)));
                Float loss = trainer.getTrainingResult().getValidateLoss();
                assertTrue(Objects.requireNonNull(loss) < 3, "loss " + loss);
                assertEquals(Evaluation.loss(manager, gpt, examples(corpus, Part.DEV)), loss, 0.2);
            }
        }
    }

    @Test
    void compiledTrainerHasTheLossesOfOurTraining() throws Exception {
        int steps = 20;
        TrainingConfig settings =
                TrainingConfig.builder(steps)
                        .batchSize(4)
                        .optimizer(
                                new OptimizerConfig(
                                        OptimizerConfig.Kind.ADAMW, 0.9, 0.999, 0.01, true))
                        .learningRate(LearningRate.constant(1e-2))
                        .build();
        GptConfig config = GptConfig.lecture(TOKENIZER.size(), 8, 16, 2, 2, 0);
        float[] ours = new float[steps];
        TextCorpus corpus = TextCorpus.of(Texts.embedded());
        Gpt first = new Gpt(config);
        RandomState.seed(1337);
        first.initialize(manager, DataType.FLOAT32);
        try (TrainingLoop training =
                new TrainingLoop(manager, first, examples(corpus, Part.TRAIN), settings)) {
            RandomState.seed(5);
            for (int i = 0; i < steps; i++) {
                ours[i] = training.step();
            }
        }
        RecordedLosses recorded = new RecordedLosses();
        try (Model model = Model.newInstance("gpt")) {
            model.setBlock(new Gpt(config));
            ai.djl.training.TrainingConfig training =
                    new DefaultTrainingConfig(new CrossEntropyLoss())
                            .optOptimizer(TorchAdamW.builder().optLearningRate(1e-2).build())
                            .addTrainingListeners(TrainingListener.Defaults.basic())
                            .addTrainingListeners(recorded);
            try (Trainer trainer = new CompiledTrainer(model, training)) {
                RandomState.seed(1337);
                trainer.initialize(new Shape(4, 8));
                RandomState.seed(5);
                EasyTrain.fit(
                        trainer,
                        1,
                        examples(corpus, Part.TRAIN).toDataset(new DrawSampler(4, steps)),
                        null);
            }
        }
        List<Float> losses = recorded.losses();
        assertEquals(steps, losses.size());
        for (int i = 0; i < steps; i++) {
            assertEquals(ours[i], losses.get(i), 1e-5);
        }
    }

    private Examples examples(TextCorpus corpus, Part part) {
        return corpus.examples(part, true, 8);
    }
}
