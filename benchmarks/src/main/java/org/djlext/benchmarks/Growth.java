/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.NameSplit;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.model.DeepMlp;
import org.djlext.makemore.model.HiddenConfig;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.makemore.train.TrainingLoop;
import org.djlext.torch.RandomState;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * How the time of a training step grows with the batch, the hidden units, the vocabulary and the
 * depth, each on its own from lecture 4's network with batch norm (batch 32, hidden 200, 27
 * characters), all sizes in turns.
 *
 * <p>The pictures go to {@code --folder}, by default {@code benchmarks/results}. {@code
 * --gradients} says how gradients are computed; default {@code compiled}. {@link NamesGrowth} has
 * the number of names.
 */
@Command(
        name = "Growth",
        description = "Measures how the time of a training step grows with its sizes.")
final class Growth extends Benchmark {

    private static final double WARM_UP_SECONDS = 0.5;
    private static final double RATE = 0.001;
    private static final int NAMES_OF_A_VOCABULARY = 5000;
    private static final int FIRST_IDEOGRAPH = 0x4e00;
    private static final long SEED = 2147483647L;

    @Mixin private RoundsOption rounds = new RoundsOption();

    @Mixin private GrowthOptions options = new GrowthOptions(Gradients.COMPILED);

    private final NameSplit names = NameSplit.of(Names.embedded());

    public static void main(String... args) {
        main(new Growth(), args);
    }

    @Override
    boolean run() throws IOException {
        try (NDManager manager = NDManager.newBaseManager()) {
            run(manager);
        }
        return true;
    }

    private void run(NDManager manager) throws IOException {
        measure(
                "batch",
                sizes(32, 9),
                batch -> loop(manager, new HiddenConfig(27, 3, 10, 200, ModelType.MLP_BN), batch));
        measure(
                "hidden",
                sizes(64, 8),
                hidden -> loop(manager, new HiddenConfig(27, 3, 10, hidden, ModelType.MLP_BN), 32));
        measure("vocabulary", sizes(32, 9), size -> loopOfVocabulary(manager, size));
        measure(
                "depth",
                sizes(1, 6),
                layers ->
                        loop(
                                manager,
                                new DeepMlp.Config(27, 3, 10, 200, layers, true, 1, true, true),
                                32));
    }

    private static int[] sizes(int first, int count) {
        return IntStream.range(0, count).map(i -> first << i).toArray();
    }

    private TrainingLoop loop(NDManager manager, ModelConfig config, int batch) {
        return loop(manager, config, batch, names.train(), CharVocabulary.LETTERS);
    }

    private TrainingLoop loopOfVocabulary(NDManager manager, int size) {
        StringBuilder characters = new StringBuilder(".");
        for (int i = 1; i < size; i++) {
            characters.appendCodePoint(FIRST_IDEOGRAPH + i);
        }
        CharVocabulary vocabulary = new CharVocabulary(characters.toString());
        SplittableRandom random = new SplittableRandom(SEED);
        List<String> someNames = new ArrayList<>();
        for (int i = 0; i < NAMES_OF_A_VOCABULARY; i++) {
            StringBuilder name = new StringBuilder();
            for (int k = 0; k < 6; k++) {
                name.append(vocabulary.character(random.nextInt(1, size)));
            }
            someNames.add(name.toString());
        }
        return loop(manager, ModelType.MLP_BN.defaults(size, 6), 32, someNames, vocabulary);
    }

    private TrainingLoop loop(
            NDManager manager,
            ModelConfig config,
            int batch,
            List<String> someNames,
            CharVocabulary vocabulary) {
        RandomState.seed(SEED);
        LanguageModel model = config.model();
        model.initialize(manager, DataType.FLOAT32);
        return new TrainingLoop(
                manager,
                model,
                model.examples(someNames, vocabulary),
                TrainingConfig.builder(0)
                        .batchSize(batch)
                        .learningRate(LearningRate.constant(RATE))
                        .gradients(options.gradients())
                        .build());
    }

    private void measure(String name, int[] sizes, IntFunction<TrainingLoop> maker)
            throws IOException {
        Timing t =
                Timing.ofRepeated(
                        rounds.count(),
                        WARM_UP_SECONDS,
                        Arrays.stream(sizes).mapToObj(maker).map(Growth::steps).toList());
        List<Double> values = new ArrayList<>();
        out().line("");
        out().head(0, name + " | microseconds a step | each");
        for (int i = 0; i < sizes.length; i++) {
            double median = 1e6 * t.median(i);
            values.add(median);
            out().line("| %,d | %,.1f | %.3f |", sizes[i], median, median / sizes[i]);
        }
        GrowthCurve curve =
                new GrowthCurve(Arrays.stream(sizes).mapToObj(i -> (double) i).toList(), values);
        Path picture = options.picture(name);
        curve.draw("A training step against " + name, name, "microseconds", picture);
        out().line(
                        "%nTime grows as %s^%.2f over all sizes, ^%.2f over the larger half; %s",
                        name, curve.exponent(0), curve.exponentOfLargerHalf(), picture);
    }

    private static IntConsumer steps(TrainingLoop loop) {
        return count -> loop.runTo(loop.stepsDone() + count, (step, loss) -> {});
    }
}
