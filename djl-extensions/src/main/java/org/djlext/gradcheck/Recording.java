/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.djlext.autograd.Autograd;

/**
 * One recorded call of a function on copies of its inputs, and any number of backward passes
 * through its graph. Nothing is stored on any array: neither on the caller's nor on the copies.
 */
final class Recording implements AutoCloseable {

    /** How a function is told that its gradients are too few or do not look like its inputs. */
    private static final Pattern FORM =
            Pattern.compile(
                    "\\.backward: the gradient of input (\\d+).* must have "
                            + "|\\.backward returned (?:null|\\d+) gradients? for ");

    private final UnaryOperator<NDArray> change;
    private final NDManager manager;
    private final Subject subject;
    private final NDList leaves;
    private final List<Integer> differentiated;
    private final NDList outputs;
    private final List<double[]> before;

    /**
     * Calls the function at its inputs.
     *
     * @throws Findings.Stop if the function fails
     */
    Recording(Subject subject) {
        this(subject, UnaryOperator.identity());
    }

    /**
     * Calls the function at other arrays.
     *
     * @param change makes them of those to differentiate by, and the upstream gradients of others
     * @throws Findings.Stop if the function fails
     */
    Recording(Subject subject, UnaryOperator<NDArray> change) {
        this.subject = subject;
        this.change = change;
        differentiated = subject.differentiated();
        manager = subject.newManager();
        try {
            leaves = subject.copies(manager);
            for (int i : differentiated) {
                try (Autograd.Scope scope = Autograd.noGrad()) {
                    leaves.set(i, change.apply(leaves.get(i)));
                }
                leaves.get(i).setRequiresGradient(true);
            }
            before = new ArrayList<>(leaves.stream().map(Elements::of).toList());
            try (Autograd.Scope scope = Autograd.enableGrad()) {
                outputs = subject.function().apply(new NDList(leaves));
            }
            if (outputs == null || outputs.stream().anyMatch(Objects::isNull)) {
                throw new Findings.Stop(
                        Check.FORWARD,
                        -1,
                        subject.name() + " must return arrays, but returned null");
            }
        } catch (Findings.Stop e) {
            manager.close();
            throw e;
        } catch (RuntimeException e) {
            manager.close();
            throw new Findings.Stop(Check.FORWARD, -1, subject.name() + " threw " + e);
        }
    }

    /** The values of the outputs. */
    List<Subject.Output> outputs() {
        return outputs.stream().map(Subject.Output::new).toList();
    }

    /** Random upstream gradients for all outputs that have one. */
    SortedMap<Integer, double[]> randomUpstream(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        SortedMap<Integer, double[]> upstream = new TreeMap<>();
        for (int k = 0; k < outputs.size(); k++) {
            if (isDifferentiable(k)) {
                upstream.put(k, Elements.random(random, outputs.get(k).size()));
            }
        }
        return upstream;
    }

    /** An array of the form of an output. */
    NDArray likeOutput(int output, double[] values, NDManager target) {
        return Elements.toArray(target, values, outputs.get(output));
    }

    /** Tells whether gradients flow from an output to an input. */
    boolean isDifferentiable(int output) {
        NDArray y = outputs.get(output);
        return Elements.areReal(y.getDataType()) && Autograd.requiresGrad(y);
    }

    /** Looks whether the inputs still are what the function was given. */
    void checkUnmodified(String who, Findings findings) {
        findings.begin(Check.INPUTS_UNMODIFIED);
        for (int i = 0; i < leaves.size(); i++) {
            if (subject.inputs().get(i).state()) {
                continue;
            }
            double[] got = Elements.of(leaves.get(i));
            findings.compare(
                    Check.INPUTS_UNMODIFIED,
                    i,
                    before.get(i),
                    got,
                    new Tolerance(0, 0),
                    who + " changed its input in place");
            before.set(i, got);
        }
    }

    /**
     * Runs backward and keeps the graph.
     *
     * @param upstream the upstream gradients by output; an output without one gets none, and one
     *     that no gradient flows from does not count
     * @return a gradient for each differentiated input, zeros where the engine has none
     * @throws Findings.Stop if backward fails
     */
    List<double[]> gradients(SortedMap<Integer, double[]> upstream) {
        try (NDManager pass = manager.newSubManager()) {
            NDList ys = new NDList();
            NDList dys = new NDList();
            upstream.forEach(
                    (k, values) -> {
                        if (isDifferentiable(k)) {
                            ys.add(outputs.get(k));
                            dys.add(change.apply(likeOutput(k, values, pass)));
                        }
                    });
            NDList xs = new NDList();
            for (int i : differentiated) {
                xs.add(leaves.get(i));
            }
            try (NDList dxs = Elements.gradients(ys, xs, dys, true, false)) {
                return dxs.stream().map(Elements::of).toList();
            } catch (EngineException e) {
                throw stop(e);
            }
        }
    }

    /**
     * Finds out from the message which check a backward has failed: the engine keeps nothing else
     * of an exception.
     */
    private static Findings.Stop stop(EngineException e) {
        // The engine adds its own stack trace.
        String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        Matcher form = FORM.matcher(message);
        if (form.find()) {
            int input = form.group(1) == null ? -1 : Integer.parseInt(form.group(1));
            return new Findings.Stop(Check.GRADIENT_FORM, input, message);
        }
        boolean upstream = message.contains(".backward changed an upstream gradient in place");
        return new Findings.Stop(upstream ? Check.INPUTS_UNMODIFIED : Check.BACKWARD, -1, message);
    }

    @Override
    public void close() {
        manager.close();
    }
}
