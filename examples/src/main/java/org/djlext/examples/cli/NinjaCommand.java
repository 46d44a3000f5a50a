/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.stream.Stream;
import org.djlext.examples.lecture.Output;
import org.djlext.examples.lecture5.NinjaGradients;
import org.djlext.examples.lecture5.NinjaTraining;
import org.djlext.examples.report.ReportSession;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Contexts;
import org.djlext.makemore.data.Examples;
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
@Command(name = "ninja")
final class NinjaCommand extends MakemoreCommand {

    private static final int MOST_UNITS = 100_000; // more would take minutes for a step

    @Mixin private DataOptions data = new DataOptions();

    @Mixin private ReportOptions reports = new ReportOptions();

    @Mixin private LoopOptions loop = new LoopOptions(10_000, 32);

    @Option(names = "--decay-at", paramLabel = "N")
    private int decayAt = 100_000;

    @Option(names = "--n-embd2", paramLabel = "N")
    private int hidden = 200;

    @Mixin private EngineOptions engine = new EngineOptions();

    @Override
    void run() {
        NinjaTraining.Settings settings =
                new NinjaTraining.Settings(
                        loop.steps(0),
                        Mistake.atLeast("--decay-at", decayAt, 0),
                        Mistake.between("--n-embd2", hidden, 1, MOST_UNITS),
                        loop.batchSize(2),
                        loop.seed());
        Output out = output(null, "");
        List<String> names = data.letters();
        NameSplit split = NameSplit.of(names);
        List<Examples> parts =
                Stream.of(split.train(), split.dev(), split.test())
                        .map(
                                p ->
                                        Contexts.of(
                                                p,
                                                NinjaParameters.BLOCK_SIZE,
                                                CharVocabulary.LETTERS))
                        .toList();
        try (ReportSession session = reports.open("Backprop ninja", spec);
                NDManager manager = engine.manager()) {
            out.line(
                    "%,d %s: %,d examples to train on, %,d to choose by, %,d to test with",
                    names.size(),
                    data.origin(),
                    parts.get(0).size(),
                    parts.get(1).size(),
                    parts.get(2).size());
            session.report().setting("data", data.origin());
            NinjaGradients.compare(
                    manager,
                    parts.get(0),
                    settings.seed(),
                    settings.batchSize(),
                    session.report(),
                    out);
            NinjaTraining.run(manager, parts, settings, session, out);
            session.complete();
        }
    }
}
