/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import org.djlext.examples.lecture1.Lecture1;
import org.djlext.examples.lecture1.MoonsDemo;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The first lecture on the command line: {@code micrograd neuron --out pictures}. */
@Command(name = "micrograd")
final class MicrogradCommand extends MakemoreCommand {

    @Mixin private TopicOptions topicOptions = new TopicOptions();

    @Option(names = "--points", paramLabel = "N")
    private int points = 100;

    @Option(names = "--noise", paramLabel = "X")
    private double noise = 0.1;

    @Option(names = "--max-steps", paramLabel = "N")
    private int steps = 100;

    @Option(names = "--batch-size", paramLabel = "N")
    private int batch;

    @Option(names = "--seed", paramLabel = "N")
    private int seed = 1337;

    @Option(names = "--loss", paramLabel = "NAME")
    private MoonsDemo.Objective loss = MoonsDemo.Objective.MARGIN;

    @Mixin private ReportOptions reports = new ReportOptions();

    @Override
    void run() {
        if (reports.isGiven() && !topicOptions.topic().equals("moons")) {
            throw new Mistake("--report and --serve show a training, so they go with moons alone");
        }
        topicOptions.run(
                this,
                Lecture1.topics(settings(), () -> reports.open("micrograd: two moons", spec)),
                output -> {});
    }

    private MoonsDemo.Settings settings() {
        Mistake.atLeast("--points", points, 2);
        Mistake.notNegative("--noise", noise);
        Mistake.atLeast("--max-steps", steps, 1);
        if (batch < 0 || batch > points) {
            throw new Mistake(
                    "--batch-size must be from 0 to the number of points, %d, but is %d"
                            .formatted(points, batch));
        }
        return new MoonsDemo.Settings(
                points, noise, steps, batch == 0 ? points : batch, seed, loss);
    }
}
