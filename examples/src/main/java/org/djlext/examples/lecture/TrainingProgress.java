/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture;

import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * What is seen of a training run: the lecture's line every so many steps, and on a terminal a bar
 * with steps a second and the time left.
 *
 * <p>A bar and lines do not go together, so on a terminal the lines come when the bar is done.
 */
public final class TrainingProgress implements AutoCloseable {

    private static final int LECTURE_INTERVAL = 10_000;

    private final int steps;
    private final int interval;
    private final PrintWriter out;
    private final List<String> lines = new ArrayList<>();
    private final @Nullable ProgressBar bar;

    /**
     * Begins.
     *
     * @param steps the number of steps
     * @param out where to print
     */
    public TrainingProgress(int steps, PrintWriter out) {
        this(0, steps, out);
    }

    /**
     * Shows the steps from a number on, of a run that is gone on with.
     *
     * @param from the number of steps that are done
     * @param steps the number of steps in all
     * @param out where to print
     */
    public TrainingProgress(int from, int steps, PrintWriter out) {
        this.steps = steps;
        this.out = out;
        // Ten lines of a short run; the lecture's of a long one.
        interval = Math.max(1, Math.min(LECTURE_INTERVAL, steps / 10));
        bar =
                !onTerminal() || steps == 0
                        ? null
                        : new ProgressBarBuilder()
                                .setTaskName("training")
                                .setInitialMax(steps)
                                .setStyle(ProgressBarStyle.ASCII)
                                .showSpeed()
                                .startsFrom(from, Duration.ZERO)
                                .clearDisplayOnFinish()
                                .build();
    }

    @SuppressWarnings("SystemConsoleNull") // the second half is for the JDKs where it is not null
    private static boolean onTerminal() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException e) {
            return true; // before JDK 22 there is a console only on a terminal
        }
    }

    /**
     * Takes note of a step.
     *
     * @param step its number
     * @param loss its loss
     */
    public void step(int step, float loss) {
        if (bar != null) {
            bar.step();
        }
        if (step % interval == 0) {
            String text = String.format(Locale.ROOT, "%.4f", loss);
            if (bar != null) {
                bar.setExtraMessage("loss " + text);
            }
            println(String.format(Locale.ROOT, "%7d/%7d: %s", step, steps, text));
        }
    }

    /**
     * Prints a line, on a terminal when the bar is done.
     *
     * @param line the line
     */
    public void println(String line) {
        if (bar == null) {
            out.println(line);
            out.flush();
        } else {
            lines.add(line);
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            lines.forEach(out::println);
        }
    }
}
