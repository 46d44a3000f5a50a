/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import org.djlext.examples.report.ReportData.State;
import org.djlext.gradcheck.GradientComparison;
import org.djlext.makemore.diagnostics.Distribution;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a training, for {@link ReportPage} and {@link ReportServer}.
 *
 * <p>Training tells it on one thread, a server reads it on others. Telling it a loss costs no more
 * than putting a float into an array.
 */
public final class TrainingReport {

    private static final double SECOND = 1e9;

    private final long start = System.nanoTime();
    private final LossSeries losses = new LossSeries();
    private final Map<String, String> settings = new LinkedHashMap<>();
    private final Map<String, String> results = new LinkedHashMap<>();
    private final Map<String, ReportData.Line> evaluations = new LinkedHashMap<>();
    private final Map<String, ReportData.Line> updates = new LinkedHashMap<>();
    private final List<ReportData.Histograms> histograms = new ArrayList<>();
    private final List<ReportData.Samples> samples = new ArrayList<>();
    private final List<ReportData.Comparisons> comparisons = new ArrayList<>();
    private String title;
    private ReportData.Embedding embedding = new ReportData.Embedding(0, "", List.of());
    private String command = "";
    private long parameters;
    private int firstStep;
    private int steps;
    private double seconds;
    private State state = State.RUNNING;
    private @Nullable IntToDoubleFunction rate;

    /**
     * Starts a report.
     *
     * @param title the heading
     */
    public TrainingReport(String title) {
        this.title = title;
    }

    /**
     * Changes the heading.
     *
     * @param heading the heading
     */
    public synchronized void title(String heading) {
        title = heading;
    }

    /**
     * Says by what command the training was started.
     *
     * @param line the command line
     */
    public synchronized void command(String line) {
        command = line;
    }

    /**
     * Says how many numbers are trained.
     *
     * @param count the number of parameters
     */
    public synchronized void parameters(long count) {
        parameters = count;
    }

    /**
     * Says how many steps there are to be.
     *
     * @param from the first step, more than 0 if a run is gone on with
     * @param total the number of steps in all
     */
    public synchronized void plan(int from, int total) {
        firstStep = from;
        steps = total;
    }

    /**
     * Says how fast the training learns.
     *
     * @param ofStep the learning rate of each step, from 0; it is called from other threads
     */
    public synchronized void learningRate(IntToDoubleFunction ofStep) {
        rate = ofStep;
    }

    /**
     * Adds a setting.
     *
     * @param name its name
     * @param value its value
     */
    public synchronized void setting(String name, Object value) {
        settings.put(name, value.toString());
    }

    /**
     * Adds all parts of a record as settings.
     *
     * @param record the record
     */
    public void settings(Record record) {
        for (Map.Entry<String, JsonElement> part :
                new Gson().toJsonTree(record).getAsJsonObject().entrySet()) {
            JsonElement value = part.getValue();
            setting(
                    part.getKey(),
                    value.isJsonPrimitive() ? value.getAsString() : value.toString());
        }
    }

    /**
     * Adds the loss of a step.
     *
     * @param step the number of the step; each is one more than the last
     * @param loss the loss of its mini-batch
     */
    public synchronized void step(int step, double loss) {
        losses.add(step, (float) loss);
    }

    /**
     * Adds the loss of a whole data set.
     *
     * @param step after how many steps
     * @param split which data set, such as dev
     * @param loss its loss
     */
    public synchronized void evaluation(int step, String split, double loss) {
        add(evaluations, split, step, loss);
    }

    /**
     * Adds the update ratios of a step.
     *
     * @param step the number of the step
     * @param ratios the logarithm to base 10 of the ratio of each parameter, by its name
     */
    public synchronized void updateRatios(int step, Map<String, Double> ratios) {
        ratios.forEach((name, ratio) -> add(updates, name, step, ratio));
    }

    /**
     * Adds histograms that are drawn over one another, if there are any.
     *
     * @param step after how many steps
     * @param kind what they are of, such as Weights
     * @param distributions the distributions, by their names
     */
    public synchronized void histograms(
            int step, String kind, Map<String, Distribution> distributions) {
        if (distributions.isEmpty()) {
            return;
        }
        List<ReportData.Histogram> series = new ArrayList<>();
        distributions.forEach(
                (name, d) ->
                        series.add(
                                new ReportData.Histogram(
                                        name,
                                        d.mean(),
                                        d.std(),
                                        d.edges().get(0),
                                        d.edges().get(d.edges().size() - 1),
                                        d.density())));
        histograms.add(new ReportData.Histograms(step, kind, series));
    }

    /**
     * Adds what the model wrote, in place of what it wrote after the same number of steps.
     *
     * @param step after how many steps
     * @param texts names, or one text
     */
    public synchronized void samples(int step, List<String> texts) {
        samples.removeIf(earlier -> earlier.step() == step);
        samples.add(new ReportData.Samples(step, List.copyOf(texts)));
    }

    /**
     * Says where the characters stand, in place of what was said before.
     *
     * @param step after how many steps
     * @param labels the characters
     * @param vectors the vector of each, one after the other; the first two numbers are drawn
     * @param dim the length of a vector, at least 2
     */
    public synchronized void embedding(int step, List<String> labels, float[] vectors, int dim) {
        List<ReportData.Point> points = new ArrayList<>();
        for (int i = 0; i < labels.size(); i++) {
            points.add(new ReportData.Point(labels.get(i), vectors[i * dim], vectors[i * dim + 1]));
        }
        String note = dim == 2 ? "" : "the first 2 of %d numbers a character".formatted(dim);
        embedding = new ReportData.Embedding(step, note, points);
    }

    /**
     * Adds a table of gradients.
     *
     * @param heading what was compared
     * @param rows the comparisons
     */
    public synchronized void comparison(String heading, List<GradientComparison> rows) {
        comparisons.add(
                new ReportData.Comparisons(
                        heading,
                        rows.stream()
                                .map(
                                        c ->
                                                new ReportData.Row(
                                                        c.name(),
                                                        c.exact(),
                                                        c.approximate(),
                                                        c.maxdiff(),
                                                        c.detail()))
                                .toList()));
    }

    /**
     * Adds a result.
     *
     * @param name its name
     * @param value its value
     */
    public synchronized void result(String name, String value) {
        results.put(name, value);
    }

    /**
     * Says that the training has ended.
     *
     * @param complete whether it came to its end, or was stopped
     */
    public synchronized void end(boolean complete) {
        state = complete ? State.FINISHED : State.STOPPED;
        seconds = elapsed();
    }

    /** Returns what the page shows, as it is now. */
    synchronized ReportData data(boolean live) {
        return new ReportData(
                title,
                live,
                state,
                firstStep,
                losses.next(),
                steps,
                state == State.RUNNING ? elapsed() : seconds,
                command,
                parameters,
                new LinkedHashMap<>(results),
                new LinkedHashMap<>(settings),
                Versions.all(),
                losses.curve(),
                copies(evaluations),
                rates(),
                copies(updates),
                List.copyOf(histograms),
                List.copyOf(samples),
                embedding,
                List.copyOf(comparisons));
    }

    private double elapsed() {
        return (System.nanoTime() - start) / SECOND;
    }

    private ReportData.Line rates() {
        ReportData.Line line = line("learning rate");
        if (rate != null) {
            for (int step : losses.lastSteps()) {
                line.step().add(step);
                line.value().add(rate.applyAsDouble(step));
            }
        }
        return line;
    }

    private static ReportData.Line line(String name) {
        return new ReportData.Line(name, new ArrayList<>(), new ArrayList<>());
    }

    private static void add(
            Map<String, ReportData.Line> lines, String name, int step, double value) {
        ReportData.Line line = lines.computeIfAbsent(name, TrainingReport::line);
        line.step().add(step);
        line.value().add(value);
    }

    private static List<ReportData.Line> copies(Map<String, ReportData.Line> lines) {
        return lines.values().stream()
                .map(
                        line ->
                                new ReportData.Line(
                                        line.name(),
                                        List.copyOf(line.step()),
                                        List.copyOf(line.value())))
                .toList();
    }
}
