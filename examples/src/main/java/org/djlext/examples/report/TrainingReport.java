/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import org.djlext.gradcheck.GradientComparison;
import org.djlext.makemore.diagnostics.Distribution;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a training, for {@link ReportPage} and {@link ReportServer}.
 *
 * <p>Training tells it on one thread, a server reads it on others. The fields that are not
 * transient are what the page gets, under their names.
 */
@SuppressWarnings("UnusedVariable") // Gson reads the fields
public final class TrainingReport implements AutoCloseable {

    private static final double SECOND = 1e9;

    private final transient long start = System.nanoTime();
    private final transient Metrics metrics;
    private final Map<String, String> settings = new LinkedHashMap<>();
    private final Map<String, String> results = new LinkedHashMap<>();
    private final List<Histograms> histograms = new ArrayList<>();
    private final List<Samples> samples = new ArrayList<>();
    private final List<Comparisons> comparisons = new ArrayList<>();
    private @Nullable Embedding embedding;
    private String title;
    private String command = "";
    private State state = State.RUNNING;
    private int firstStep;
    private int steps;
    private double seconds;
    private transient @Nullable IntToDoubleFunction rate;

    /** What has become of the training. */
    enum State {
        RUNNING,
        FINISHED,
        STOPPED,
        /** Read from the folder of a run. */
        RECORDED
    }

    private record Histograms(int step, String kind, Map<String, Distribution> series) {}

    private record Samples(int step, List<String> texts) {}

    private record Point(String label, double x, double y) {}

    private record Embedding(int step, int dim, List<Point> points) {}

    private record Comparisons(String title, List<GradientComparison> rows) {}

    /**
     * Starts a report.
     *
     * @param title the heading
     */
    public TrainingReport(String title) {
        this(title, new Metrics());
    }

    private TrainingReport(String title, Metrics metrics) {
        this.title = title;
        this.metrics = metrics;
    }

    /**
     * Reads the numbers of a run from its folder.
     *
     * @param folder the folder, such as {@code runs/gpt}
     * @return the report, without what only a training sees
     */
    public static TrainingReport ofRun(Path folder) {
        TrainingReport report =
                new TrainingReport(folder.normalize().toString(), Metrics.read(folder));
        report.settings.putAll(MetricFiles.readSettings(folder));
        report.state = State.RECORDED;
        return report;
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
    public void parameters(long count) {
        result("parameters", String.format(Locale.ROOT, "%,d", count));
    }

    /**
     * Says how many steps there are to be.
     *
     * @param from the first step, more than 0 if a run is resumed
     * @param total the number of steps in all
     */
    public synchronized void plan(int from, int total) {
        firstStep = from;
        steps = total;
    }

    /**
     * Says how fast the training learns.
     *
     * @param ofStep the learning rate of each step, from 0
     */
    public synchronized void learningRate(IntToDoubleFunction ofStep) {
        rate = ofStep;
    }

    /**
     * Keeps the settings so far and all numbers from here on in a folder too, in {@code
     * settings.json}, {@code metrics.csv} and a file for TensorBoard, and takes over the numbers
     * that a run had before it was resumed.
     *
     * @param folder the folder of the run
     * @param from the first step of this process; with 0, files of an earlier run are replaced
     */
    public synchronized void metrics(Path folder, int from) {
        metrics.keepIn(folder, from, settings);
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
     * Adds all parts of a record as settings, those of a record in it as {@code optimizer.beta1}.
     *
     * @param record the record
     */
    public void settings(Record record) {
        settings("", new Gson().toJsonTree(record).getAsJsonObject());
    }

    private void settings(String prefix, JsonObject parts) {
        for (Map.Entry<String, JsonElement> part : parts.entrySet()) {
            String name = prefix + part.getKey();
            JsonElement value = part.getValue();
            if (value instanceof JsonObject inner) {
                settings(name + ".", inner);
            } else {
                setting(name, value.isJsonPrimitive() ? value.getAsString() : value);
            }
        }
    }

    /**
     * Adds a number of a step.
     *
     * @param name what it is, such as {@code accuracy}; a slash sets apart its group
     * @param step the step, from 0; for one name, steps must not go back
     * @param value the number, which may be NaN or infinite
     */
    public synchronized void scalar(String name, int step, double value) {
        metrics.add(name, step, (float) value);
    }

    /**
     * Adds the loss of a step, and its learning rate if that is known.
     *
     * @param step the number of the step, from 0
     * @param loss the loss of its mini-batch
     */
    public synchronized void step(int step, double loss) {
        scalar(Metrics.TRAIN_LOSS, step, loss);
        if (rate != null) {
            scalar("learning rate", step, rate.applyAsDouble(step));
        }
    }

    /**
     * Adds the loss of a whole data set.
     *
     * @param step after how many steps
     * @param split which data set, such as dev
     * @param loss its loss
     */
    public void evaluation(int step, String split, double loss) {
        // The loss of the training set's mini-batches has the plain name.
        scalar(split.equals("train") ? "train/evaluated" : split + "/loss", step, loss);
    }

    /**
     * Adds the length of all gradients as one vector.
     *
     * @param step the number of the step
     * @param norm the norm before clipping
     */
    public void gradientNorm(int step, double norm) {
        scalar("gradient norm", step, norm);
    }

    /**
     * Adds the update ratios of a step.
     *
     * @param step the number of the step
     * @param ratios the logarithm to base 10 of the ratio of each parameter, by its name
     */
    public void updateRatios(int step, Map<String, Double> ratios) {
        ratios.forEach((name, ratio) -> scalar("update ratio/" + name, step, ratio));
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
        if (!distributions.isEmpty()) {
            histograms.add(new Histograms(step, kind, distributions));
        }
    }

    /**
     * Adds what the model wrote, in place of what it wrote after the same number of steps.
     *
     * @param step after how many steps
     * @param texts names, or one text
     */
    public synchronized void samples(int step, List<String> texts) {
        samples.removeIf(earlier -> earlier.step() == step);
        samples.add(new Samples(step, List.copyOf(texts)));
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
        List<Point> points = new ArrayList<>();
        for (int i = 0; i < labels.size(); i++) {
            points.add(new Point(labels.get(i), vectors[i * dim], vectors[i * dim + 1]));
        }
        embedding = new Embedding(step, dim, points);
    }

    /**
     * Adds a table of gradients.
     *
     * @param heading what was compared
     * @param rows the comparisons
     */
    public synchronized void comparison(String heading, List<GradientComparison> rows) {
        comparisons.add(new Comparisons(heading, List.copyOf(rows)));
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
        seconds = elapsed();
        state = complete ? State.FINISHED : State.STOPPED;
    }

    /** Closes the files with the numbers, if there are any. */
    @Override
    public synchronized void close() {
        metrics.close();
    }

    /** Returns what the page shows, as it is now. */
    synchronized JsonObject json() {
        if (state == State.RUNNING) {
            seconds = elapsed();
        }
        JsonObject json = ReportJson.tree(this);
        json.addProperty("step", metrics.stepsDone());
        Map<String, String> headlines = new LinkedHashMap<>(results);
        headlines.putAll(metrics.headlines());
        json.add("results", ReportJson.tree(headlines));
        json.add("scalars", ReportJson.tree(metrics.series()));
        if (state != State.RECORDED) {
            json.add("versions", ReportJson.tree(Versions.all()));
        }
        return json;
    }

    /** Returns whether there may be more to come. */
    synchronized boolean isRunning() {
        return state == State.RUNNING;
    }

    private double elapsed() {
        return (System.nanoTime() - start) / SECOND;
    }
}
