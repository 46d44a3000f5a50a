/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.djlext.examples.lecture.Output;
import org.djlext.examples.lecture1.DecomposedTanh;
import org.djlext.examples.lecture1.Derivative;
import org.djlext.examples.lecture1.FourExamples;
import org.djlext.examples.lecture1.GradientAccumulation;
import org.djlext.examples.lecture1.LegendreDemo;
import org.djlext.examples.lecture1.ManualBackprop;
import org.djlext.examples.lecture1.MoonsDemo;
import org.djlext.examples.lecture1.MoonsReport;
import org.djlext.examples.lecture1.NeuronBackprop;
import org.djlext.examples.lecture1.NeuronInDjl;
import org.djlext.examples.lecture1.Overshoot;
import org.djlext.examples.lecture1.ReadmeExpression;
import org.djlext.examples.lecture1.ThreeInputs;
import org.djlext.examples.lecture1.ValueBasics;
import org.djlext.examples.report.ReportSession;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The first lecture on the command line: {@code micrograd neuron --out pictures}. */
@Command(
        name = "micrograd",
        description = {
            "Runs a topic of the first lecture: a scalar engine and nets on it.",
            "Topics: readme, derivative, inputs, value, backprop, neuron, accumulation, tanh, djl,"
                    + " examples, overshoot, moons, legendre."
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the spec
public final class MicrogradCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Mixin private TopicOptions topicOptions = new TopicOptions();

    @Option(
            names = "--points",
            defaultValue = "100",
            description = "moons: the number of points (default: ${DEFAULT-VALUE}).")
    private int points;

    @Option(
            names = "--noise",
            defaultValue = "0.1",
            description =
                    "moons: their distance from the half circles (default: ${DEFAULT-VALUE}).")
    private double noise;

    @Option(
            names = "--steps",
            defaultValue = "100",
            description = "moons: the number of training steps (default: ${DEFAULT-VALUE}).")
    private int steps;

    @Option(
            names = "--batch",
            defaultValue = "0",
            description = "moons: how many points a step sees, 0 for all (default: 0).")
    private int batch;

    @Option(
            names = "--seed",
            defaultValue = "1337",
            description = "moons: the seed of points and parameters (default: ${DEFAULT-VALUE}).")
    private int seed;

    @Option(
            names = "--loss",
            defaultValue = "margin",
            description = "moons: margin, entropy or squares (default: ${DEFAULT-VALUE}).")
    private MoonsDemo.Objective loss = MoonsDemo.Objective.MARGIN;

    @Mixin private ReportOptions reports = new ReportOptions();

    /** Constructor for picocli. */
    public MicrogradCommand() {}

    /**
     * Runs the command alone.
     *
     * @param args a topic and options
     */
    public static void main(String... args) {
        System.exit(CommandLines.execute(new MicrogradCommand(), args));
    }

    @Override
    public Integer call() {
        Map<String, Consumer<Output>> topics = topics();
        if (reports.isGiven() && !topicOptions.topic().equals("moons")) {
            throw mistake("--report and --serve show a training, so they go with moons alone");
        }
        checkMoons();
        topicOptions.run(topics, topicOptions.open(topics.keySet()));
        return CommandLine.ExitCode.OK;
    }

    private Map<String, Consumer<Output>> topics() {
        Map<String, Consumer<Output>> topics = new LinkedHashMap<>();
        topics.put("readme", ReadmeExpression::run);
        topics.put("derivative", Derivative::run);
        topics.put("inputs", ThreeInputs::run);
        topics.put("value", ValueBasics::run);
        topics.put("backprop", ManualBackprop::run);
        topics.put("neuron", NeuronBackprop::run);
        topics.put("accumulation", GradientAccumulation::run);
        topics.put("tanh", DecomposedTanh::run);
        topics.put("djl", NeuronInDjl::run);
        topics.put("examples", FourExamples::run);
        topics.put("overshoot", Overshoot::run);
        topics.put("moons", this::moons);
        topics.put("legendre", LegendreDemo::run);
        return topics;
    }

    private void moons(Output output) {
        try (ReportSession session = reports.open("micrograd: two moons", spec)) {
            MoonsReport.run(output, settings(), session);
        }
    }

    private MoonsDemo.Settings settings() {
        return new MoonsDemo.Settings(
                points, noise, steps, batch == 0 ? points : batch, seed, loss);
    }

    private void checkMoons() {
        if (points < 2) {
            throw mistake("--points must be at least 2, but is " + points + ".");
        }
        if (!(noise >= 0 && noise < Double.POSITIVE_INFINITY)) {
            throw mistake("--noise must be 0 or more, but is " + noise + ".");
        }
        if (steps < 1) {
            throw mistake("--steps must be at least 1, but is " + steps + ".");
        }
        if (batch < 0 || batch > points) {
            throw mistake(
                    "--batch must be from 0 to the number of points, %d, but is %d."
                            .formatted(points, batch));
        }
    }

    private ParameterException mistake(String sentence) {
        return new ParameterException(spec.commandLine(), sentence);
    }
}
