/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.inference.streaming.StreamingTranslator.StreamOutput;
import ai.djl.metric.Metrics;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.TranslateException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.data.TextCorpus;
import org.djlext.makemore.data.Texts;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.sample.Sampler;
import org.djlext.makemore.sample.SamplerSettings;
import org.djlext.makemore.train.Evaluation;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.OptimizerConfig;
import org.djlext.makemore.train.SavedModel;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The models in DJL's own hands: EasyTrain, Model.save and load, Criteria, Predictor. */
class DjlWayTest {

    private static final NamesCorpus CORPUS = NamesCorpus.of(Names.embedded().subList(0, 300));

    private final Path dir;

    DjlWayTest(@TempDir Path dir) {
        this.dir = dir;
    }

    private static ModelConfig small(ModelType type) {
        return type.defaults(CORPUS.vocabulary().size(), CORPUS.longest())
                .with(Map.of("embedding", 8, "hidden", 12, "layers", 2));
    }

    private static void fit(Model model, ModelType type, Gradients gradients) throws Exception {
        LanguageModel block = small(type).model();
        model.setBlock(block);
        DefaultTrainingConfig config =
                new DefaultTrainingConfig(LanguageModel.newLoss())
                        .optOptimizer(
                                Optimizer.adam()
                                        .optLearningRateTracker(Tracker.fixed(0.02f))
                                        .build())
                        .addTrainingListeners(TrainingListener.Defaults.basic());
        NDManager manager = model.getNDManager();
        try (Autograd.Scope way = gradients.scope();
                Trainer trainer = model.newTrainer(config)) {
            Engine.getInstance().setRandomSeed(5); // DJL's shuffling too
            trainer.setMetrics(new Metrics());
            trainer.initialize(new Shape(1, block.config().blockSize()));
            Examples train = block.examples(CORPUS.split().train(), CORPUS.vocabulary());
            double before = Evaluation.loss(manager, block, train);
            ArrayDataset dataset = train.toDataset(64, true);
            EasyTrain.fit(trainer, 1, dataset, null);
            int arrays = manager.getManagedArrays().size();
            Examples dev = block.examples(CORPUS.split().dev(), CORPUS.vocabulary());
            EasyTrain.fit(trainer, 2, dataset, dev.toDataset(64, false));
            assertEquals(arrays, manager.getManagedArrays().size(), type + " leaves arrays behind");
            double after = Evaluation.loss(manager, block, train);
            assertTrue(after < before - 0.2, type + ": " + before + " to " + after);
            Float validated = trainer.getTrainingResult().getValidateLoss();
            assertEquals(Evaluation.loss(manager, block, dev), validated, 0.2, type + "");
        }
    }

    @ParameterizedTest
    @EnumSource(ModelType.class)
    void easyTrainTrainsEveryModel(ModelType type) throws Exception {
        for (Gradients gradients : List.of(Gradients.MANUAL, Gradients.ENGINE)) {
            try (Model model = Model.newInstance("names")) {
                fit(model, type, gradients);
            }
        }
    }

    private Path trained(ModelType type) {
        return trained(small(type), CORPUS, 300);
    }

    private Path trained(ModelConfig config, Corpus corpus, int steps) {
        Path file = dir.resolve(config.type() + ".safetensors");
        TrainingConfig settings =
                TrainingConfig.builder(steps)
                        .optimizer(OptimizerConfig.adamW(0))
                        .learningRate(LearningRate.constant(0.02))
                        .seed(1)
                        .gradients(Gradients.ENGINE)
                        .build();
        try (NDManager manager = NDManager.newBaseManager();
                Training run = Training.start(manager, config, settings, corpus)) {
            run.finish();
            run.write(file);
        }
        return file;
    }

    private static Criteria.Builder<String, String> criteria(Path file) {
        return SavedModelFactory.criteria(file);
    }

    @ParameterizedTest
    @EnumSource(
            value = ModelType.class,
            names = {"MLP", "GRU"})
    void criteriaLoadAModelThatCompletesNames(ModelType type) throws Exception {
        try (ZooModel<String, String> model = criteria(trained(type)).build().loadModel();
                Predictor<String, String> predictor = model.newPredictor()) {
            String name = predictor.predict("ma");
            assertTrue(name.startsWith("ma"), name);
            // A batch, with prefixes of different lengths.
            List<String> prefixes = List.of("", "a", "ele", "jo", "b", "christi");
            List<String> names = predictor.batchPredict(prefixes);
            assertEquals(prefixes.size(), names.size());
            for (int i = 0; i < prefixes.size(); i++) {
                assertTrue(names.get(i).startsWith(prefixes.get(i)), names + "");
            }
            List<String> many = predictor.batchPredict(Collections.nCopies(50, ""));
            assertTrue(new HashSet<>(many).size() > 25, many + "");
        }
        try (ZooModel<String, String> model =
                        criteria(trained(type)).optArgument("topK", 1).build().loadModel();
                Predictor<String, String> predictor = model.newPredictor()) {
            List<String> same = predictor.batchPredict(Collections.nCopies(5, "a"));
            assertEquals(1, new HashSet<>(same).size(), same + "");
        }
    }

    /** What DJL finds alone, by the file that a run writes beside its checkpoints. */
    @Test
    void theFolderOfARunIsAModelOfDjl() throws Exception {
        assertFolder(trained(ModelType.MAKEMORE_MLP), "ma", 1);
        TextCorpus corpus = TextCorpus.of(Texts.embedded());
        ModelConfig gpt = GptConfig.lecture(corpus.vocabulary().size(), 8, 12, 3, 2, 0.1);
        assertFolder(trained(gpt, corpus, 20), "KEEPER:", 40);
    }

    private void assertFolder(Path file, String prefix, int length) throws Exception {
        Path folder = Files.createDirectory(dir.resolve(prefix.substring(0, 2)));
        Path best = Files.move(file, folder.resolve("best.safetensors"));
        SavedModelFactory.describe(folder);
        Criteria.Builder<String, String> criteria =
                Criteria.builder()
                        .setTypes(String.class, String.class)
                        .optModelPath(folder)
                        .optTranslatorFactory(new SavedModelFactory())
                        .optArgument("length", length);
        try (NDManager manager = NDManager.newBaseManager();
                ZooModel<String, String> model =
                        criteria.optArgument("temperature", 0).build().loadModel();
                Predictor<String, String> predictor = model.newPredictor();
                ZooModel<String, String> same =
                        criteria(best)
                                .optArgument("topK", 1)
                                .optArgument("length", length)
                                .build()
                                .loadModel();
                Predictor<String, String> other = same.newPredictor()) {
            SavedModel saved = SavedModel.load(best, manager);
            SamplerSettings greedy =
                    SamplerSettings.PLAIN.temperature(0).length(length).prefix(prefix);
            String want =
                    new Sampler(manager, saved.model(), saved.vocabulary())
                            .sample(1, greedy)
                            .get(0);
            assertEquals(prefix.length() + length, want.length());
            assertEquals(want, predictor.predict(prefix));
            assertEquals(want, other.predict(prefix));
        }
    }

    /** A stream, at once and in the background, has the characters of the prediction. */
    @Test
    void charactersStreamThroughThePredictor() throws Exception {
        Criteria.Builder<String, String> whole =
                criteria(trained(ModelType.GPT)).optArgument("temperature", "0");
        try (ZooModel<String, String> model = whole.build().loadModel();
                Predictor<String, String> predictor = model.newPredictor();
                Predictor<String, Iterator<String>> streaming =
                        model.newPredictor(SavedModelFactory.streamTranslator(model))) {
            assertTrue(streaming.supportsStreaming());
            String want = predictor.predict("ma");
            assertTrue(want.length() > 3, want);
            assertEquals(want, "ma" + all(streaming.streamingPredict("ma").getIterativeOutput()));
            assertEquals(want, all(streaming.predict("ma")));

            StreamOutput<Iterator<String>> output = streaming.streamingPredict("ma");
            Iterator<String> drawn = output.getAsyncOutput();
            assertFalse(drawn.hasNext());
            output.computeAsyncOutput();
            assertEquals(want, "ma" + all(drawn));
            assertEquals(
                    predictor.predict(""),
                    all(streaming.streamingPredict("").getIterativeOutput()));
        }
    }

    private static String all(Iterator<String> characters) {
        StringBuilder text = new StringBuilder();
        characters.forEachRemaining(text::append);
        return text.toString();
    }

    @Test
    void mistakesAreToldInASentence() throws Exception {
        Path missing = dir.resolve("none.ckpt");
        assertCause("the checkpoint " + missing + " does not exist", criteria(missing));
        assertCause(
                "the folder of a run has best.safetensors or last.safetensors, but ",
                criteria(dir));
        Path file = trained(ModelType.MLP);
        assertCause(
                "top-p must be greater than 0 and at most 1, but is 2.0",
                criteria(file).optArgument("topP", 2));
        assertCause(
                "the argument temperature must be a number, but is \"warm\"",
                criteria(file).optArgument("temperature", "warm"));
        assertCause(
                "the argument topK must be a whole number, but is 2.5",
                criteria(file).optArgument("topK", 2.5));
        assertCause(
                "the argument window must be SLIDE or JUMP, but is \"slide\"",
                criteria(file).optArgument("window", "slide"));
        try (ZooModel<String, String> model = criteria(file).build().loadModel();
                Predictor<String, String> predictor = model.newPredictor()) {
            Exception letter =
                    assertThrows(TranslateException.class, () -> predictor.predict("ma7"));
            assertTrue(
                    cause(letter).startsWith("the prefix cannot be used: '7' is not in the"),
                    cause(letter));
        }
    }

    private static void assertCause(String start, Criteria.Builder<String, String> criteria) {
        String message = cause(assertThrows(IOException.class, () -> criteria.build().loadModel()));
        assertTrue(message.startsWith(start), message);
    }

    private static String cause(Exception e) {
        Throwable last = e;
        while (last.getCause() != null) {
            last = last.getCause();
        }
        return String.valueOf(last.getMessage());
    }
}
