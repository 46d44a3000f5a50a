/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.ndarray.NDManager;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import org.djlext.examples.lecture5.NinjaGradients;
import org.djlext.examples.lecture5.NinjaReport;
import org.djlext.examples.lecture5.NinjaTraining;
import org.djlext.examples.report.ReportSession;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Contexts;
import org.djlext.makemore.data.NameSplit;
import org.djlext.makemore.ninja.NinjaParameters;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Lecture 5, "Becoming a backprop ninja", exercises 1 to 4: every gradient of the network by hand,
 * beside the engine's, and then training with the manual gradients alone.
 *
 * <pre>{@code
 * ./mvnw -q -pl examples -am compile exec:java -Dexec.args=ninja
 * java -jar examples/target/makemore.jar ninja --data names.txt --max-steps 200000
 * }</pre>
 */
@Command(
        name = "ninja",
        description =
                "Lecture 5: every gradient by hand, beside the engine's; then training with them.")
final class NinjaCommand extends MakemoreCommand {

    @Mixin private DataOptions data = new DataOptions();

    @Mixin private ReportOptions reports = new ReportOptions();

    @Option(
            names = "--max-steps",
            paramLabel = "N",
            defaultValue = "10000",
            description =
                    "training steps of exercise 4, default ${DEFAULT-VALUE}; the lecture has 200000")
    private int steps = 10_000;

    @Option(
            names = "--decay-at",
            paramLabel = "N",
            defaultValue = "100000",
            description =
                    "the step from which the learning rate is 0.01, not 0.1; default ${DEFAULT-VALUE}")
    private int decayAt = 100_000;

    @Option(
            names = "--n-embd2",
            paramLabel = "N",
            defaultValue = "200",
            description = "hidden units in exercise 4, default ${DEFAULT-VALUE}")
    private int hidden = 200;

    @Option(
            names = "--batch-size",
            paramLabel = "N",
            defaultValue = "32",
            description = "examples in a mini-batch, at least 2, default ${DEFAULT-VALUE}")
    private int batchSize = 32;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "2147483647",
            description =
                    "seed of parameters and mini-batches, default ${DEFAULT-VALUE}, the lecture's")
    private long seed = 2147483647L;

    @Mixin private EngineOptions engine = new EngineOptions();

    @Override
    void run() {
        run(out());
    }

    /**
     * Does all four exercises.
     *
     * @param out where to print
     * @return what was found
     */
    public NinjaReport run(PrintWriter out) {
        atLeast("--max-steps", steps, 0);
        atLeast("--decay-at", decayAt, 0);
        atLeast("--n-embd2", hidden, 1);
        atLeast("--batch-size", batchSize, 2);

        List<String> names = data.letters();
        NameSplit split = NameSplit.of(names);
        Contexts train =
                Contexts.of(split.train(), NinjaParameters.BLOCK_SIZE, CharVocabulary.LETTERS);
        Contexts dev = Contexts.of(split.dev(), NinjaParameters.BLOCK_SIZE, CharVocabulary.LETTERS);
        Contexts test =
                Contexts.of(split.test(), NinjaParameters.BLOCK_SIZE, CharVocabulary.LETTERS);
        try (ReportSession session = reports.open("Backprop ninja", spec);
                NDManager manager = engine.manager()) {
            out.printf(
                    Locale.ROOT,
                    "%,d %s: %,d examples to train on, %,d to choose by, %,d to test with%n",
                    names.size(),
                    data.origin(),
                    train.size(),
                    dev.size(),
                    test.size());
            session.report().setting("data", data.origin());
            NinjaGradients gradients = NinjaGradients.compare(manager, train, seed, batchSize, out);
            NinjaTraining training =
                    NinjaTraining.run(
                            manager,
                            List.of(train, dev, test),
                            new NinjaTraining.Settings(steps, decayAt, hidden, batchSize, seed),
                            session,
                            out);
            NinjaReport found =
                    new NinjaReport(
                            List.of(train.size(), dev.size(), test.size()), gradients, training);
            found.tell(session.report(), steps);
            session.complete();
            return found;
        }
    }

    private void atLeast(String option, int value, int least) {
        if (value < least) {
            throw new Mistake(option + " must be at least " + least + ", but is " + value);
        }
    }
}
