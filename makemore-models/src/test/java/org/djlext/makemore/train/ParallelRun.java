/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.djlext.distributed.ProcessGroup;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.nn.ParameterNames;

/** Trainings for {@link ParallelTrainingTest}, of one process or as a rank of several. */
public final class ParallelRun {

    static final int STEPS = 200;
    private static final NamesCorpus CORPUS = NamesCorpus.of(Names.embedded());

    /** What is trained how. */
    enum Case {
        MLP,
        GPT,
        TRANSFORMER,
        WAVENET,
        OWN_BATCH_NORM,
        ACCUMULATED,
        AVERAGED,
        DROPOUT,
        RESUMED
    }

    /**
     * What came of a training.
     *
     * @param losses the loss of each step
     * @param devLoss the dev loss at the end
     * @param hash the sha256 of all parameters and running statistics
     */
    record Result(List<Float> losses, double devLoss, String hash) {
        static Result parse(String line) {
            String[] parts = line.split(";", -1);
            return new Result(
                    Stream.of(parts[1].split(",", -1)).map(Float::valueOf).toList(),
                    Double.parseDouble(parts[2]),
                    parts[3]);
        }

        private String text() {
            String numbers = losses.stream().map(String::valueOf).collect(Collectors.joining(","));
            return numbers + ";" + devLoss + ";" + hash;
        }
    }

    private ParallelRun() {}

    /**
     * The main: one rank of the group that the environment names.
     *
     * @param args a checkpoint that a case resumes, and the cases
     */
    public static void main(String[] args) {
        try (ProcessGroup group = ProcessGroup.fromEnvironment()) {
            for (String name : Arrays.asList(args).subList(1, args.length)) {
                Case what = Case.valueOf(name);
                TrainingRanks ranks =
                        new TrainingRanks(
                                group, what == Case.WAVENET, what == Case.AVERAGED ? 5 : 1);
                System.out.println(name + ";" + run(what, Path.of(args[0]), ranks).text());
            }
        }
        System.exit(0);
    }

    static Result run(Case what, Path checkpoint, TrainingRanks ranks) {
        try (NDManager manager = NDManager.newBaseManager();
                Training run =
                        what == Case.RESUMED
                                ? Training.resume(manager, checkpoint, STEPS, CORPUS, ranks)
                                : start(manager, what, ranks)) {
            run.finish();
            double devLoss = run.evaluate().dev();
            List<Float> losses = new ArrayList<>();
            for (float loss : run.losses()) {
                losses.add(loss);
            }
            return new Result(losses, devLoss, hash(run));
        }
    }

    static Training start(NDManager manager, Case what, TrainingRanks ranks) {
        return Training.start(manager, model(what), settings(what), CORPUS, ranks);
    }

    private static ModelConfig model(Case what) {
        int vocabSize = CORPUS.vocabulary().size();
        ModelType type =
                switch (what) {
                    case TRANSFORMER, RESUMED, ACCUMULATED -> ModelType.TRANSFORMER;
                    case WAVENET, OWN_BATCH_NORM -> ModelType.WAVENET;
                    default -> ModelType.MLP;
                };
        return switch (what) {
            case GPT -> GptConfig.lecture(vocabSize, 12, 16, 2, 2, 0);
            case DROPOUT -> GptConfig.lecture(vocabSize, 12, 16, 2, 2, 0.2);
            case WAVENET, OWN_BATCH_NORM ->
                    type.defaults(vocabSize, CORPUS.longest())
                            .with(Map.of("embedding", 8, "hidden", 16));
            default ->
                    type.defaults(vocabSize, CORPUS.longest())
                            .with(Map.of("embedding", 8, "hidden", 16, "layers", 1));
        };
    }

    private static TrainingConfig settings(Case what) {
        TrainingConfig.Builder settings =
                TrainingConfig.builder(STEPS)
                        .batchSize(8)
                        .evaluation(new EvaluationPlan(50, 0, 0, 1000));
        return switch (what) {
            case MLP, WAVENET, OWN_BATCH_NORM, AVERAGED -> settings.build();
            default ->
                    settings.optimizer(
                                    new OptimizerConfig(
                                            OptimizerConfig.Kind.ADAMW, 0.9, 0.99, 0.01, true))
                            .learningRate(LearningRate.cosine(5e-3, 5e-4, 10))
                            .clip(1)
                            .accumulation(what == Case.ACCUMULATED ? 3 : 1)
                            .gradients(
                                    what == Case.ACCUMULATED
                                            ? Gradients.ENGINE
                                            : Gradients.COMPILED)
                            .build();
        };
    }

    private static String hash(Training run) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (NDArray array : ParameterNames.arrays(run.saved().model()).values()) {
                ByteBuffer bytes = array.toByteBuffer();
                digest.update(bytes);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
