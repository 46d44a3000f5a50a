/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import java.util.List;
import java.util.Map;

/**
 * What the page shows, as it is at one moment; the names of its parts are those in the JSON text.
 *
 * @param title the heading
 * @param live whether the page is to ask for newer data
 * @param state what has become of the training
 * @param firstStep the first step of this process, more than 0 if a run was gone on with
 * @param step how many steps are done
 * @param steps how many there are to be, 0 if that is not known
 * @param seconds how long it has taken so far
 * @param command the command line
 * @param parameters the number of trained numbers, 0 if it is not known
 * @param results the last numbers, by their names
 * @param settings the settings, by their names
 * @param versions the versions of the software, by its names
 * @param loss the losses of mini-batches
 * @param evaluations the losses of whole data sets
 * @param rate the learning rate
 * @param updates the update ratios of each parameter, as logarithms to base 10
 * @param histograms the distributions at some moments
 * @param samples what the model wrote, at some moments
 * @param embedding where the characters stand, if there is an embedding
 * @param comparisons tables of gradients
 */
record ReportData(
        String title,
        boolean live,
        State state,
        int firstStep,
        int step,
        int steps,
        double seconds,
        String command,
        long parameters,
        Map<String, String> results,
        Map<String, String> settings,
        Map<String, String> versions,
        Losses loss,
        List<Line> evaluations,
        Line rate,
        List<Line> updates,
        List<Histograms> histograms,
        List<Samples> samples,
        Embedding embedding,
        List<Comparisons> comparisons) {

    /** What has become of the training. */
    enum State {
        RUNNING,
        FINISHED,
        STOPPED
    }

    /**
     * Losses of groups of steps.
     *
     * @param step the middle step of each group
     * @param low the lowest loss of the group
     * @param high the highest
     * @param smooth the mean of the steps around
     * @param group how many steps are a group
     * @param window how many steps a mean is taken over
     */
    record Losses(
            List<Integer> step,
            List<Float> low,
            List<Float> high,
            List<Double> smooth,
            int group,
            int window) {}

    /**
     * Values over steps.
     *
     * @param name what they are
     * @param step the steps
     * @param value a value for each
     */
    record Line(String name, List<Integer> step, List<Double> value) {}

    /**
     * Histograms that are drawn over one another.
     *
     * @param step after how many steps
     * @param kind what they are of
     * @param series the histograms
     */
    record Histograms(int step, String kind, List<Histogram> series) {}

    /**
     * A histogram with bins of equal width.
     *
     * @param name what it is of
     * @param mean the mean of the numbers
     * @param std their standard deviation
     * @param from where the first bin begins
     * @param to where the last bin ends
     * @param density the share of the numbers in each bin, over the width of a bin
     */
    record Histogram(
            String name, double mean, double std, double from, double to, List<Double> density) {}

    /**
     * What the model wrote.
     *
     * @param step after how many steps
     * @param texts the names, or one text
     */
    record Samples(int step, List<String> texts) {}

    /**
     * Where the characters stand.
     *
     * @param step after how many steps
     * @param note which numbers are drawn
     * @param points the characters
     */
    record Embedding(int step, String note, List<Point> points) {}

    /**
     * A character.
     *
     * @param label the character
     * @param x its first number
     * @param y its second
     */
    record Point(String label, double x, double y) {}

    /**
     * A table of gradients.
     *
     * @param title what was compared
     * @param rows a row for each gradient
     */
    record Comparisons(String title, List<Row> rows) {}

    /**
     * A gradient, compared.
     *
     * @param name whose it is
     * @param exact whether all numbers are equal
     * @param approximate whether they are near enough
     * @param maxdiff the largest difference
     * @param detail what to look at, or empty
     */
    record Row(String name, boolean exact, boolean approximate, double maxdiff, String detail) {}
}
