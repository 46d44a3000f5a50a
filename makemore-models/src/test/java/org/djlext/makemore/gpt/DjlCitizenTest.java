/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.inference.streaming.StreamingTranslator.StreamOutput;
import ai.djl.metric.Metrics;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.listener.EvaluatorTrainingListener;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.tracker.Tracker;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.djlext.autograd.Autograd;
import org.djlext.compile.CompiledTrainer;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Corpus.Part;
import org.djlext.makemore.data.TextCorpus;
import org.djlext.makemore.data.Texts;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.train.DrawSampler;
import org.djlext.makemore.train.Evaluation;
import org.djlext.makemore.train.Examples;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.OptimizerConfig;
import org.djlext.makemore.train.SavedModel;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.makemore.train.TrainingLoop;
import org.djlext.nn.CrossEntropyLoss;
import org.djlext.optim.TorchAdamW;
import org.djlext.torch.RandomState;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A GPT in DJL's own machinery: EasyTrain, the model zoo, Predictor, streaming. */
class DjlCitizenTest {

    private static final CharVocabulary TOKENIZER = CharVocabulary.ofText(Texts.embedded());

    @AutoClose private final NDManager manager = NDManager.newBaseManager();
    private final Path dir;

    DjlCitizenTest(@TempDir Path dir) {
        this.dir = dir;
    }

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
                assertEquals(
                        Evaluation.loss(manager, gpt, examples(corpus, Part.DEV)), loss, 0.2);
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
        List<Float> losses = new ArrayList<>();
        try (Model model = Model.newInstance("gpt")) {
            model.setBlock(new Gpt(config));
            ai.djl.training.TrainingConfig training =
                    new DefaultTrainingConfig(new CrossEntropyLoss())
                            .optOptimizer(TorchAdamW.builder().optLearningRate(1e-2).build())
                            .addTrainingListeners(TrainingListener.Defaults.basic())
                            .addTrainingListeners(
                                    new TrainingListenerAdapter() {
                                        @Override
                                        public void onTrainingBatch(Trainer t, BatchData batch) {
                                            losses.add(
                                                    t.getLoss()
                                                            .getAccumulator(
                                                                    EvaluatorTrainingListener
                                                                            .TRAIN_ALL));
                                        }
                                    });
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
        assertEquals(steps, losses.size());
        for (int i = 0; i < steps; i++) {
            assertEquals(ours[i], losses.get(i), 1e-5);
        }
    }

    private Examples examples(TextCorpus corpus, Part part) {
        return new Examples(manager, corpus.examples(part, true, 8));
    }

    private SavedModel saved() {
        Engine.getInstance().setRandomSeed(42);
        Gpt model = new Gpt(GptConfig.lecture(TOKENIZER.size(), 16, 12, 3, 2, 0.1));
        model.initialize(manager, DataType.FLOAT32);
        return new SavedModel(model, TOKENIZER, null);
    }

    private static Criteria.Builder<String, String> criteria(Path folder) {
        return Criteria.builder()
                .setTypes(String.class, String.class)
                .optModelPath(folder)
                .optTranslatorFactory(new GptTranslatorFactory())
                .optArgument("length", 40);
    }

    private String generated(SavedModel saved, GenerationSettings settings) {
        RandomState.seed(5);
        StringBuilder text = new StringBuilder();
        long[] prompt = Arrays.stream(TOKENIZER.encode("KEEPER:")).asLongStream().toArray();
        try (TextGenerator generator =
                new TextGenerator(manager, (Gpt) saved.model(), prompt, settings)) {
            for (int i = 0; i < 40; i++) {
                text.append(TOKENIZER.decode((int) generator.nextLong()));
            }
        }
        return text.toString();
    }

    @Test
    void aSavedModelIsLoadedByCriteriaAndGoesOnWithAPrompt() throws Exception {
        SavedModel saved = saved();
        Path folder = dir.resolve("play");
        GptFolder.save(saved, folder);
        String want = generated(saved, GenerationSettings.LECTURE);
        try (ZooModel<String, String> model = criteria(folder).build().loadModel();
                Predictor<String, String> predictor = model.newPredictor()) {
            RandomState.seed(5);
            assertEquals(want, predictor.predict("KEEPER:"));
        }
        GenerationSettings cold =
                new GenerationSettings(0.5, 5, 0.9, GenerationSettings.Window.JUMP, true);
        try (ZooModel<String, String> model =
                        criteria(folder)
                                .optArgument("temperature", 0.5)
                                .optArgument("topK", 5)
                                .optArgument("topP", "0.9")
                                .optArgument("window", "JUMP")
                                .build()
                                .loadModel();
                Predictor<String, String> predictor = model.newPredictor()) {
            RandomState.seed(5);
            assertEquals(generated(saved, cold), again(5, predictor));
        }
    }

    private static String again(long seed, Predictor<String, String> predictor) throws Exception {
        RandomState.seed(seed);
        return predictor.predict("KEEPER:");
    }

    @Test
    void charactersStreamThroughThePredictor() throws Exception {
        SavedModel saved = saved();
        Path folder = dir.resolve("play");
        GptFolder.save(saved, folder);
        String want = generated(saved, GenerationSettings.LECTURE);
        try (ZooModel<String, String> model = criteria(folder).build().loadModel();
                Predictor<String, Iterator<String>> predictor =
                        model.newPredictor(new PromptStreamTranslator(TOKENIZER))) {
            assertTrue(predictor.supportsStreaming());
            RandomState.seed(5);
            Iterator<String> characters =
                    predictor.streamingPredict("KEEPER:").getIterativeOutput();
            StringBuilder text = new StringBuilder();
            characters.forEachRemaining(text::append);
            assertEquals(want, text.toString());

            StreamOutput<Iterator<String>> output = predictor.streamingPredict("KEEPER:");
            Iterator<String> async = output.getAsyncOutput();
            assertFalse(async.hasNext());
            RandomState.seed(5);
            output.computeAsyncOutput();
            text.setLength(0);
            async.forEachRemaining(text::append);
            assertEquals(want, text.toString());

            RandomState.seed(5);
            text.setLength(0);
            predictor.predict("KEEPER:").forEachRemaining(text::append);
            assertEquals(want, text.toString());
        }
    }

    @Test
    void theParameterFileOfTheWriterIsTheModels() throws Exception {
        SavedModel saved = saved();
        try (Model model = Model.newInstance("gpt")) {
            model.setBlock(new GptWriter((Gpt) saved.model(), 1, GenerationSettings.LECTURE));
            model.save(dir, "gpt");
        }
        Gpt loaded = new Gpt((GptConfig) saved.model().config());
        try (Model model = Model.newInstance("gpt")) {
            model.setBlock(loaded);
            model.load(dir);
            NDArray x = manager.create(new long[][] {{3, 1, 4}});
            ParameterStore store = new ParameterStore(manager, false);
            NDArray want = saved.model().call(store, x, false);
            assertTrue(
                    loaded.call(new ParameterStore(manager, false), x, false)
                            .allClose(want, 1e-5, 1e-6, false));
        }
    }

    @Test
    void aFolderThatIsNoModelIsRefused() throws Exception {
        GptFolder.save(saved(), dir);
        Files.writeString(dir.resolve("gpt.json"), "{}");
        Exception e =
                assertThrows(Exception.class, () -> criteria(dir).build().loadModel().close());
        Throwable cause = e;
        while (cause.getCause() != null && !cause.toString().contains("gpt.json")) {
            cause = cause.getCause();
        }
        assertTrue(
                cause.toString().contains("must describe a model as GptFolder.save does"),
                cause.toString());
    }
}
