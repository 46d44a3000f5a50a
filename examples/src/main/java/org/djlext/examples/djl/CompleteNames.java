/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.djl;

import ai.djl.ModelException;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDManager;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.TranslateException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.djlext.examples.lecture.Output;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.OptimizerConfig;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.makemore.zoo.SavedModelFactory;

/**
 * A trained model in an application: DJL's {@code Criteria} load it, a {@code Predictor} completes
 * names, one at a time and in batches.
 *
 * <pre>{@code
 * ./mvnw -q -pl examples -am compile exec:java -Dexec.mainClass=org.djlext.examples.djl.CompleteNames
 * }</pre>
 */
public final class CompleteNames {

    private static final int STEPS = 2000;
    private static final List<String> PREFIXES = List.of("ma", "an", "el", "jo", "ka", "s", "");

    private CompleteNames() {}

    /**
     * The main.
     *
     * @param args a checkpoint that {@code makemore train} has written, and what to complete, by
     *     default nothing; or no arguments: then a small model is trained first
     * @throws IOException if there is no room for the checkpoint
     * @throws ModelException if the checkpoint cannot be used
     * @throws TranslateException if a prefix cannot be used
     */
    public static void main(String[] args) throws IOException, ModelException, TranslateException {
        if (args.length > 0) {
            List<String> given = List.of(args).subList(1, args.length);
            run(Output.console(), Path.of(args[0]), given.isEmpty() ? List.of("") : given);
            return;
        }
        // In a folder of its own: DJL looks through all of the folder that a model is in.
        Path folder = Files.createTempDirectory("names");
        Path file = folder.resolve("gru.safetensors");
        try {
            train(file, STEPS);
            run(Output.console(), file, PREFIXES);
        } finally {
            Files.deleteIfExists(file);
            Files.delete(folder);
        }
    }

    /** Trains a GRU on the embedded names, and writes a checkpoint. */
    static void train(Path file, int steps) {
        NamesCorpus corpus = NamesCorpus.of(Names.embedded());
        TrainingConfig settings =
                TrainingConfig.builder(steps)
                        .optimizer(OptimizerConfig.adamW(0.01))
                        .learningRate(LearningRate.constant(5e-3))
                        .seed(42)
                        .gradients(Gradients.ENGINE)
                        .build();
        try (NDManager manager = NDManager.newBaseManager();
                Training run =
                        Training.start(
                                manager,
                                ModelType.GRU.defaults(
                                        corpus.vocabulary().size(), corpus.longest()),
                                settings,
                                corpus)) {
            run.finish();
            run.write(file);
        }
    }

    /** Completes names with the model of a checkpoint, and returns them. */
    static List<String> run(Output out, Path checkpoint, List<String> prefixes)
            throws IOException, ModelException, TranslateException {
        Criteria<String, String> criteria =
                SavedModelFactory.criteria(checkpoint).optArgument("temperature", 0.8).build();
        try (ZooModel<String, String> model = criteria.loadModel();
                Predictor<String, String> predictor = model.newPredictor()) {
            List<String> names = new ArrayList<>();
            names.add(predictor.predict(prefixes.get(0)));
            names.addAll(predictor.batchPredict(prefixes.subList(1, prefixes.size())));
            for (int i = 0; i < names.size(); i++) {
                out.line("%s.. %s", prefixes.get(i), names.get(i));
            }
            return names;
        }
    }
}
