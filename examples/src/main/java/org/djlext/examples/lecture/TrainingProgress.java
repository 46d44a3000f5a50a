/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture;

import java.io.Console;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What is seen of a training run: the lecture's line every so many steps, and on a terminal, below
 * these lines, one that is written over and over, with steps a second and the time left.
 */
public final class TrainingProgress implements AutoCloseable {

    private static final int LECTURE_INTERVAL = 10_000;
    private static final long REDRAW_NANOS = 200_000_000;
    private static final double NANOS = 1e9;
    private static final String ERASE = "\r\u001b[K";

    private final int from;
    private final int steps;
    private final int interval;
    private final PrintWriter out;
    private final @Nullable PrintWriter terminal;
    private final LongSupplier clock;
    private final long start;
    private long drawn;
    private String line = "";

    /**
     * Begins.
     *
     * @param from the number of steps that are done, more than 0 in a run that is resumed
     * @param steps the number of steps in all
     * @param out where to print
     */
    public TrainingProgress(int from, int steps, PrintWriter out) {
        this(from, steps, out, terminal(), System::nanoTime);
    }

    TrainingProgress(
            int from,
            int steps,
            PrintWriter out,
            @Nullable PrintWriter terminal,
            LongSupplier clock) {
        this.from = from;
        this.steps = steps;
        this.out = out;
        this.terminal = terminal;
        this.clock = clock;
        start = clock.getAsLong();
        drawn = start;
        // Ten lines of a short run; the lecture's of a long one.
        interval = Math.max(1, Math.min(LECTURE_INTERVAL, steps / 10));
    }

    @SuppressWarnings("SystemConsoleNull") // the second half is for the JDKs where it is not null
    private static @Nullable PrintWriter terminal() {
        Console console = System.console();
        if (console == null) {
            return null;
        }
        try {
            boolean is = (boolean) Console.class.getMethod("isTerminal").invoke(console);
            return is ? console.writer() : null;
        } catch (ReflectiveOperationException e) {
            return console.writer(); // before JDK 22 there is a console only on a terminal
        }
    }

    /**
     * Takes note of a step.
     *
     * @param step its number
     * @param loss its loss
     */
    public void step(int step, double loss) {
        if (step % interval == 0) {
            println(String.format(Locale.ROOT, "%7d/%7d: %.4f", step, steps, loss));
        }
        long now = clock.getAsLong();
        if (terminal != null && now - drawn >= REDRAW_NANOS) {
            drawn = now;
            line = line(step + 1, loss, (now - start) / NANOS);
            redraw(line);
        }
    }

    /** Fits into 40 columns. */
    private String line(int done, double loss, double seconds) {
        double speed = (done - from) / seconds;
        long left = Math.round((steps - done) / speed);
        return String.format(
                Locale.ROOT,
                "%3d%%  loss %.4f  %.0f/s  %d:%02d left",
                100L * done / steps,
                loss,
                speed,
                left / 60,
                left % 60);
    }

    /**
     * Prints a line.
     *
     * @param text the line
     */
    public void println(String text) {
        redraw("");
        out.println(text);
        out.flush();
        redraw(line);
    }

    /** Puts something in the place of the line below the others, if there is one. */
    private void redraw(String shown) {
        if (!line.isEmpty() && terminal != null) {
            terminal.print(ERASE + shown);
            terminal.flush();
        }
    }

    @Override
    public void close() {
        redraw("");
        line = "";
    }
}
