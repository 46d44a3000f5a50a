/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.training.loss.Loss;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.djlext.autograd.Autograd;
import org.djlext.autograd.AutogradFunction;

/**
 * Compares a function that has a hand-written rule with the same expression in plain operations,
 * which the engine differentiates: outputs, gradients of named intermediates, of inputs and of
 * parameters, as a table of the lecture's {@code cmp} lines.
 *
 * <pre>{@code
 * GradientTable table =
 *         new ManualVsEngine()
 *                 .compare(new Square(), in -> new NDList(in.get(0).mul(in.get(0))), x);
 * System.out.println(table);
 * table.assertApproximate();
 * }</pre>
 *
 * <p>Both get copies of the same inputs and the same random upstream gradients. Gradients are those
 * of the inputs that require one. Unlike {@link GradCheck} it is exact to rounding and works in
 * float32; but what is wrong in both expressions does not show.
 */
public final class ManualVsEngine {

    private final Tolerance tolerance;
    private final long seed;

    /** Creates a comparison with {@link Tolerance#ALLCLOSE} and seed 0. */
    public ManualVsEngine() {
        this(Tolerance.ALLCLOSE, 0);
    }

    /**
     * Creates a comparison.
     *
     * @param tolerance how far the two may be apart for approximate agreement
     * @param seed the seed of the upstream gradients
     */
    public ManualVsEngine(Tolerance tolerance, long seed) {
        this.tolerance = tolerance;
        this.seed = seed;
    }

    /**
     * Takes the intermediates of a function that are to be compared, by name.
     *
     * <p>Of an intermediate that the engine differentiates, hand over the array itself, with {@link
     * #keep}; where its gradient is computed by hand, hand over the gradient, with {@link
     * #gradient}.
     */
    public static final class Trace {

        private final Map<String, NDArray> arrays = new LinkedHashMap<>();
        private final Map<String, NDArray> gradients = new LinkedHashMap<>();
        private final NDManager manager;

        Trace(NDManager manager) {
            this.manager = manager;
        }

        /**
         * Names an intermediate, whose gradient is what the engine finds for it.
         *
         * @param name the name, the same on both sides
         * @param array an array that the outputs are computed from
         * @return the same array
         */
        public NDArray keep(String name, NDArray array) {
            arrays.put(name, array);
            return array;
        }

        /**
         * Gives the gradient of an intermediate that was computed by hand, from within backward.
         *
         * @param name the name, the same on both sides
         * @param gradient the gradient; it is copied, because what backward makes is closed after
         *     it
         */
        public void gradient(String name, NDArray gradient) {
            NDArray copy = gradient.duplicate();
            copy.attach(manager);
            gradients.put(name, copy);
        }

        Set<String> names() {
            Set<String> names = new LinkedHashSet<>(arrays.keySet());
            names.addAll(gradients.keySet());
            return names;
        }
    }

    // One side: its outputs, then gradients by name, in the manager of the comparison.
    private record Side(NDList outputs, Map<String, NDArray> gradients) {}

    /**
     * Compares a function with an expression.
     *
     * @param manual the function
     * @param engine the same in plain operations
     * @param inputs where to compare
     * @return a row for each output and each gradient
     */
    public GradientTable compare(
            AutogradFunction manual, Function<NDList, NDList> engine, NDArray... inputs) {
        Subject subject = Subject.of(manual, new NDList(inputs));
        return compare(subject, subject.function(), engine);
    }

    /**
     * Compares two expressions with named intermediates.
     *
     * @param manual has the rule; names what is to be compared between inputs and outputs
     * @param engine the same in plain operations, with the same names
     * @param inputs where to compare
     * @return a row for each output and each gradient
     * @throws IllegalArgumentException if the two sides do not name the same intermediates
     */
    public GradientTable compare(
            BiFunction<NDList, Trace, NDList> manual,
            BiFunction<NDList, Trace, NDList> engine,
            NDList inputs) {
        Function<NDList, NDList> unused = in -> in;
        return compare(Subject.of(unused, inputs), manual, engine);
    }

    /**
     * Compares two blocks in training mode, by inputs and parameters. Both get the values of the
     * first one's parameters; those with a gradient have to be the same in number, order and shape.
     *
     * @param manual has the rule
     * @param engine the same in plain operations
     * @param inputs where to compare
     * @return a row for each output and each gradient
     */
    public GradientTable compare(Block manual, Block engine, NDList inputs) {
        Subject subject = Subject.of(manual, inputs);
        Subject other = Subject.of(engine, inputs);
        List<String> shapes = shapes(subject);
        if (!shapes.equals(shapes(other))) {
            throw new IllegalArgumentException(
                    ("blocks to compare must have parameters of the same"
                                    + " shapes, but %s has %s and %s has %s")
                            .formatted(subject.name(), shapes, other.name(), shapes(other)));
        }
        return compare(subject, subject.function(), other.function());
    }

    /**
     * Compares two losses, by the predictions.
     *
     * @param manual has the rule
     * @param engine the same in plain operations
     * @param labels the labels
     * @param predictions where to compare
     * @return a row for the loss and for each gradient
     */
    public GradientTable compare(Loss manual, Loss engine, NDList labels, NDList predictions) {
        Subject subject = Subject.of(manual, labels, predictions);
        Subject other = Subject.of(engine, labels, predictions);
        return compare(subject, subject.function(), other.function());
    }

    private GradientTable compare(
            Subject subject, Function<NDList, NDList> manual, Function<NDList, NDList> engine) {
        return compare(subject, (in, trace) -> manual.apply(in), (in, trace) -> engine.apply(in));
    }

    private static List<String> shapes(Subject subject) {
        return subject.inputs().stream().map(input -> input.array().getShape().toString()).toList();
    }

    private GradientTable compare(
            Subject subject,
            BiFunction<NDList, Trace, NDList> manual,
            BiFunction<NDList, Trace, NDList> engine) {
        if (subject.differentiated().isEmpty()) {
            throw new IllegalArgumentException(
                    "none of the inputs to compare at requires a gradient; call"
                            + " setRequiresGradient(true) on one");
        }
        GradientTable table = new GradientTable(tolerance);
        try (NDManager manager = subject.newManager()) {
            Side ours = run(subject, manual, manager);
            Side theirs = run(subject, engine, manager);
            if (!ours.gradients.keySet().equals(theirs.gradients.keySet())
                    || ours.outputs.size() != theirs.outputs.size()) {
                throw new IllegalArgumentException(
                        ("both sides must return as many outputs and name the"
                                        + " same intermediates, but one has %s and the other %s")
                                .formatted(describe(ours), describe(theirs)));
            }
            for (int k = 0; k < ours.outputs.size(); k++) {
                table.compare("output " + k, ours.outputs.get(k), theirs.outputs.get(k));
            }
            ours.gradients.forEach(
                    (name, gradient) ->
                            table.compare(
                                    name, gradient, theirs.gradients.getOrDefault(name, gradient)));
        }
        return table;
    }

    private static String describe(Side side) {
        return side.outputs.size() + " outputs and " + List.copyOf(side.gradients.keySet());
    }

    private Side run(
            Subject subject, BiFunction<NDList, Trace, NDList> function, NDManager manager) {
        NDList leaves = subject.copies(manager);
        for (int i : subject.differentiated()) {
            leaves.get(i).setRequiresGradient(true);
        }
        Trace trace = new Trace(manager);
        try (Autograd.Scope scope = Autograd.enableGrad()) {
            NDList outputs = function.apply(new NDList(leaves), trace);
            NDList by = new NDList(trace.arrays.values().toArray(new NDArray[0]));
            for (int i : subject.differentiated()) {
                by.add(leaves.get(i));
            }
            NDList found = backward(outputs, by, manager);
            Map<String, NDArray> gradients = new LinkedHashMap<>();
            List<String> kept = new ArrayList<>(trace.arrays.keySet());
            for (String name : trace.names()) {
                NDArray byHand = trace.gradients.get(name);
                gradients.put(name, byHand != null ? byHand : found.get(kept.indexOf(name)));
            }
            for (int j = 0; j < subject.differentiated().size(); j++) {
                String label = subject.inputs().get(subject.differentiated().get(j)).label();
                gradients.put(label, found.get(kept.size() + j));
            }
            return new Side(outputs, gradients);
        }
    }

    /** Gradients by arrays; zeros for one that no output depends on. */
    private NDList backward(NDList outputs, NDList by, NDManager manager) {
        SplittableRandom random = new SplittableRandom(seed);
        NDList differentiable = new NDList();
        NDList upstream = new NDList();
        for (NDArray output : outputs) {
            if (output.getDataType().isFloating()) {
                // Drawn for every output, so that both sides get the same.
                double[] values = Elements.random(random, output.size());
                if (Autograd.requiresGrad(output)) {
                    differentiable.add(output);
                    upstream.add(Elements.toArray(manager, values, output));
                }
            }
        }
        return Elements.gradients(differentiable, by, upstream, false, false);
    }
}
