/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.nio.file.Path;
import java.util.List;
import org.djlext.examples.lecture.Lab;
import org.djlext.examples.lecture.Output;
import org.djlext.examples.plot.Charts;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.diagnostics.LearningRateSearch;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.torch.RandomState;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The search for a learning rate of lecture 3: {@code makemore lr-find}. Without a model it is the
 * lecture's: 2 numbers a character, 100 hidden units, standard normal weights.
 */
@Command(name = "lr-find")
final class LearningRateCommand extends MakemoreCommand {

    private static final int INTERVAL_COUNT = 10;

    @Mixin private ModelOptions model = new ModelOptions();

    @Mixin private DataOptions data = new DataOptions();

    @Mixin private LoopOptions loop = new LoopOptions(1000, 32);

    @Option(names = "--lowest", paramLabel = "X")
    private double lowest = 0.001;

    @Option(names = "--highest", paramLabel = "X")
    private double highest = 1;

    @Mixin private EngineOptions engine = new EngineOptions();

    @Option(names = "--work-dir", paramLabel = "DIR")
    private Path workDir = Path.of("lr-find");

    @Override
    void run() {
        LearningRateSearch.Settings settings = settings();
        NamesCorpus corpus = data.names();
        ModelConfig config = config(corpus); // what cannot be made should leave no folder
        Output out = output(workDir, "--work-dir");
        try (NDManager manager = engine.manager()) {
            RandomState.seed(loop.seed());
            LanguageModel network = config.model();
            network.initialize(manager, DataType.FLOAT32);
            Examples train = network.examples(corpus.split().train(), corpus.vocabulary());
            out.line("%s, %,d examples of %s", network, train.size(), data.origin());
            report(LearningRateSearch.run(manager, network, train, settings), out);
        }
    }

    private ModelConfig config(NamesCorpus corpus) {
        if (!model.isGiven()) {
            return Lab.firstMlp(corpus.vocabulary().size());
        }
        return model.config(corpus);
    }

    private static void report(LearningRateSearch search, Output out) {
        if (search.losses().isEmpty()) {
            out.line("the first loss is NaN or infinite; try a lower --lowest");
            return;
        }
        List<Double> means = search.smoothed();
        for (int i = 0; i < means.size(); i += Math.max(1, means.size() / INTERVAL_COUNT)) {
            out.line("rate %-9.4g mean loss %8.4f", search.smoothedRates().get(i), means.get(i));
        }
        if (search.diverged()) {
            out.line("stopped at step %d: the loss is NaN or infinite", search.losses().size());
        }
        out.line(
                "the mean loss is lowest at a rate of %.2g; train with that or less",
                search.valley());
        out.chart("rates", Charts.rates(search));
        out.chart("exponents", Charts.exponents(search));
    }

    private LearningRateSearch.Settings settings() {
        if (!(lowest > 0 && lowest < highest && highest < Double.POSITIVE_INFINITY)) {
            throw new Mistake(
                    "the rates must go from more than 0 up, but --lowest is %s and --highest %s",
                    lowest, highest);
        }
        return new LearningRateSearch.Settings(loop.batchSize(1), lowest, highest, loop.steps(2));
    }
}
