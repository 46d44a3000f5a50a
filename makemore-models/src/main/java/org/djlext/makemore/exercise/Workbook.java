/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.exercise;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.function.Function;
import org.djlext.autograd.Autograd;
import org.djlext.gradcheck.GradientComparison;
import org.djlext.micrograd.Value;
import org.jspecify.annotations.Nullable;

/**
 * Gradients to be worked out one after the other, each compared with the engine's as soon as it is
 * there: the exercises of the lectures on micrograd and on becoming a backprop ninja.
 *
 * <pre>{@code
 * public static void main(String[] args) {
 *     Workbook.run("ninja", args, cmp -> {
 *         // .. the forward pass, and the engine's backward
 *         NDArray dlogprobs = null; // YOUR CODE HERE
 *         cmp.check("logprobs", dlogprobs, logprobs);
 *     });
 * }
 * }</pre>
 *
 * <p>The first gradient that is missing or wrong ends the run, since what follows builds on it.
 * What {@link GradientComparison} finds is printed, and how to open the next hint.
 */
public final class Workbook {

    private static final String HINT_OPTION = "--hint";

    private final Hints hints;
    private final PrintWriter out;
    private final ChainRule chain = new ChainRule();
    private int solved;
    private String last = "the forward pass";

    private Workbook(Hints hints, PrintWriter out) {
        this.hints = hints;
        this.out = out;
    }

    /**
     * Runs a workbook, or prints a hint of it.
     *
     * @param exercise micrograd or ninja
     * @param args nothing, or --hint, the name of a step, and the number of the hint from 1 on
     * @param steps the forward pass, the gradients, and a {@link #check} for each
     * @return whether all gradients are right
     * @throws IllegalArgumentException if there is no such exercise
     */
    public static boolean run(String exercise, String[] args, Consumer<Workbook> steps) {
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        Hints hints = Hints.of(exercise);
        if (args.length > 0) {
            out.println(hint(hints, args));
            out.flush();
            return false;
        }
        Workbook book = new Workbook(hints, out);
        try {
            steps.accept(book);
        } catch (Unsolved e) {
            out.println(e.getMessage());
            return false;
        } catch (RuntimeException e) {
            // Mostly shapes that do not fit: the engine's sentence says which.
            out.println("after " + book.last + " an operation failed: " + e.getMessage());
            return false;
        } finally {
            out.println(book.solved + " of " + hints.steps().size() + " gradients are right");
            out.flush();
        }
        return book.solved == hints.steps().size();
    }

    private static String hint(Hints hints, String... args) {
        if (!args[0].equals(HINT_OPTION) || args.length < 2 || args.length > 3) {
            return "a workbook takes no arguments, or --hint, a step and a number such as --hint "
                    + hints.steps().get(0)
                    + " 1, but got "
                    + String.join(" ", args);
        }
        return hints.text(args[1], args.length == 2 ? "1" : args[2]);
    }

    /**
     * Compares a gradient with the one that the engine has retained.
     *
     * @param name the name of the step
     * @param gradient the gradient worked out by hand, or null if there is none yet
     * @param array the array of the forward pass whose gradient it is; see {@link
     *     Autograd#retainGrad}
     */
    public void check(String name, @Nullable NDArray gradient, NDArray array) {
        NDArray right = Autograd.gradient(array);
        compare(name, gradient, right, wrong -> chain.missing(array, wrong, right));
        chain.add(name, array, right);
    }

    /**
     * Compares a gradient with that of a value after {@link Value#backward}.
     *
     * @param name the name of the step
     * @param gradient the gradient worked out by hand, or null if there is none yet
     * @param value the value whose gradient it is
     */
    public void check(String name, @Nullable Double gradient, Value value) {
        try (NDManager manager = NDManager.newBaseManager()) {
            compare(
                    name,
                    gradient == null ? null : manager.create((double) gradient),
                    manager.create(value.grad),
                    wrong -> "");
        }
    }

    private void compare(
            String name,
            @Nullable NDArray gradient,
            NDArray right,
            Function<NDArray, String> missing) {
        if (!hints.steps().contains(name)) {
            throw new IllegalArgumentException(
                    "a step is one of " + String.join(", ", hints.steps()) + ", but got " + name);
        }
        String hint = "; for a hint run again with " + HINT_OPTION + " " + name;
        if (gradient == null) {
            throw new Unsolved(String.format("%-15s | YOUR CODE HERE", name) + hint);
        }
        GradientComparison row = GradientComparison.of(name, gradient, right);
        boolean isExplained = !row.detail().matches(" \\| worst at [^|]*");
        String more = isExplained ? "" : missing.apply(gradient);
        out.println(row + (more.isEmpty() ? "" : " | " + more));
        if (!row.approximate()) {
            throw new Unsolved(name + " is not right yet" + hint);
        }
        solved++;
        last = name;
    }

    private static final class Unsolved extends RuntimeException {
        private static final long serialVersionUID = 1;

        Unsolved(String message) {
            super(message);
        }
    }
}
