/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What {@link AutogradFunction}s cost while it is open: the time of their forward and backward, and
 * the memory that they save in between, by name.
 *
 * <pre>{@code
 * try (FunctionProfile profile = FunctionProfile.start()) {
 *     EasyTrain.fit(trainer, 1, trainingSet, null);
 *     System.out.println(profile);
 * }
 * }</pre>
 *
 * <p>It is for all threads of the process. The time of a function is that of the calling thread
 * from its call to its return, with that of functions inside of it; a GPU may be still at work by
 * then. The engine's own operations are not listed.
 */
public final class FunctionProfile implements AutoCloseable {

    private static volatile @Nullable FunctionProfile active;

    private final Map<String, Row> functions = new ConcurrentHashMap<>();

    /**
     * The sums of one function.
     *
     * @param function its name
     * @param forwards how often it was called
     * @param forwardNanos the time of all calls, in nanoseconds
     * @param backwards how often its backward was called
     * @param backwardNanos the time of all of these, in nanoseconds
     * @param savedBytes the size of all arrays that it saved for backward, in bytes, whether they
     *     share their memory with others or not
     */
    public record Row(
            String function,
            long forwards,
            long forwardNanos,
            long backwards,
            long backwardNanos,
            long savedBytes) {

        private Row plus(Row other) {
            return new Row(
                    function,
                    forwards + other.forwards,
                    forwardNanos + other.forwardNanos,
                    backwards + other.backwards,
                    backwardNanos + other.backwardNanos,
                    savedBytes + other.savedBytes);
        }
    }

    private FunctionProfile() {}

    /**
     * Starts to count.
     *
     * @return the profile; closing it ends the counting
     * @throws IllegalStateException if another one is open
     */
    public static synchronized FunctionProfile start() {
        if (active != null) {
            throw new IllegalStateException(
                    "there is one FunctionProfile at a time, and another is open; close it first");
        }
        FunctionProfile profile = new FunctionProfile();
        active = profile;
        return profile;
    }

    static @Nullable FunctionProfile active() {
        return active;
    }

    NDList run(AutogradFunction function, NDList inputs) {
        long start = System.nanoTime();
        try {
            return FunctionCall.run(function, inputs);
        } finally {
            add(new Row(function.name(), 1, System.nanoTime() - start, 0, 0, 0));
        }
    }

    void backward(String function, long start) {
        add(new Row(function, 0, 0, 1, System.nanoTime() - start, 0));
    }

    void saved(String function, long bytes) {
        add(new Row(function, 0, 0, 0, 0, bytes));
    }

    private void add(Row row) {
        functions.merge(row.function, row, Row::plus);
    }

    /** {@return a row for each function that was called so far, that with the most time first} */
    public List<Row> rows() {
        return functions.values().stream()
                .sorted(Comparator.comparingLong(row -> -row.forwardNanos - row.backwardNanos))
                .toList();
    }

    /** Returns a table of all rows, with times in milliseconds and memory in MiB. */
    @Override
    public String toString() {
        StringBuilder table =
                new StringBuilder(
                        String.format(
                                "%-32s %9s %12s %9s %12s %10s%n",
                                "function", "forwards", "ms", "backwards", "ms", "saved MiB"));
        for (Row row : rows()) {
            table.append(
                    String.format(
                            Locale.ROOT,
                            "%-32s %9d %12.3f %9d %12.3f %10.2f%n",
                            row.function,
                            row.forwards,
                            row.forwardNanos / 1e6,
                            row.backwards,
                            row.backwardNanos / 1e6,
                            row.savedBytes / 1048576.0));
        }
        return table.toString();
    }

    @Override
    public void close() {
        synchronized (FunctionProfile.class) {
            if (active == this) {
                active = null;
            }
        }
    }
}
