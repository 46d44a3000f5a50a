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

    private CompleteNames() {}

    /**
     * The main.
     *
     * @param args a checkpoint that {@code makemore train} has written, or nothing: then a small
     *     model is trained first
     * @throws IOException if there is no room for the checkpoint
     * @throws ModelException if the checkpoint cannot be used
     * @throws TranslateException if a prefix cannot be used
     */
    public static void main(String[] args) throws IOException, ModelException, TranslateException {
        if (args.length > 0) {
            run(Output.console(), Path.of(args[0]));
            return;
        }
        Path file = Files.createTempFile("names", ".ckpt");
        try {
            train(file, STEPS);
            run(Output.console(), file);
        } finally {
            Files.delete(file);
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
            while (!run.isDone()) {
                run.step();
            }
            run.write(file);
        }
    }

    /** Completes names with the model of a checkpoint, and returns them. */
    static List<String> run(Output out, Path checkpoint)
            throws IOException, ModelException, TranslateException {
        Criteria<String, String> criteria =
                SavedModelFactory.criteria(checkpoint).optArgument("temperature", 0.8).build();
        try (ZooModel<String, String> model = criteria.loadModel();
                Predictor<String, String> predictor = model.newPredictor()) {
            out.line("ma.. %s", predictor.predict("ma"));
            List<String> prefixes = List.of("an", "el", "jo", "ka", "s", "");
            List<String> names = predictor.batchPredict(prefixes);
            for (int i = 0; i < names.size(); i++) {
                out.line("%s.. %s", prefixes.get(i), names.get(i));
            }
            return names;
        }
    }
}
