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
@Command(
        name = "micrograd",
        description = {
            "Runs a topic of the first lecture: a scalar engine and nets on it.",
            "Topics: readme, derivative, inputs, value, backprop, neuron, accumulation, tanh, djl,"
                    + " examples, overshoot, moons, legendre."
        })
final class MicrogradCommand extends MakemoreCommand {

    @Mixin private TopicOptions topicOptions = new TopicOptions();

    @Option(
            names = "--points",
            paramLabel = "N",
            defaultValue = "100",
            description = "moons: the number of points (default: ${DEFAULT-VALUE}).")
    private int points;

    @Option(
            names = "--noise",
            paramLabel = "X",
            defaultValue = "0.1",
            description =
                    "moons: their distance from the half circles (default: ${DEFAULT-VALUE}).")
    private double noise;

    @Option(
            names = "--max-steps",
            paramLabel = "N",
            defaultValue = "100",
            description = "moons: the number of training steps (default: ${DEFAULT-VALUE}).")
    private int steps;

    @Option(
            names = "--batch-size",
            paramLabel = "N",
            defaultValue = "0",
            description = "moons: how many points a step sees, 0 for all (default: 0).")
    private int batch;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1337",
            description = "moons: the seed of points and parameters (default: ${DEFAULT-VALUE}).")
    private int seed;

    @Option(
            names = "--loss",
            paramLabel = "NAME",
            defaultValue = "margin",
            description = "moons: margin, entropy or squares (default: ${DEFAULT-VALUE}).")
    private MoonsDemo.Objective loss = MoonsDemo.Objective.MARGIN;

    @Mixin private ReportOptions reports = new ReportOptions();

    @Override
    void run() {
        if (reports.isGiven() && !topicOptions.topic().equals("moons")) {
            throw new Mistake("--report and --serve show a training, so they go with moons alone");
        }
        checkMoons();
        topicOptions.run(
                Lecture1.topics(settings(), () -> reports.open("micrograd: two moons", spec)),
                output -> {});
    }

    private MoonsDemo.Settings settings() {
        return new MoonsDemo.Settings(
                points, noise, steps, batch == 0 ? points : batch, seed, loss);
    }

    private void checkMoons() {
        if (points < 2) {
            throw new Mistake("--points must be at least 2, but is " + points + ".");
        }
        if (!(noise >= 0 && noise < Double.POSITIVE_INFINITY)) {
            throw new Mistake("--noise must be 0 or more, but is " + noise + ".");
        }
        if (steps < 1) {
            throw new Mistake("--max-steps must be at least 1, but is " + steps + ".");
        }
        if (batch < 0 || batch > points) {
            throw new Mistake(
                    "--batch-size must be from 0 to the number of points, %d, but is %d."
                            .formatted(points, batch));
        }
    }
}
