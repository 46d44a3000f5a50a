/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import java.util.List;
import java.util.function.Function;
import org.djlext.internal.EngineArrays;
import org.djlext.internal.TensorSpec;
import org.jspecify.annotations.Nullable;

/**
 * One evaluation of a function that {@link Functional} differentiates: at arrays that are new
 * places in the graph, in a manager of its own, which leaves nothing behind.
 */
final class Evaluation implements AutoCloseable {

    // Whether this thread is inside of a function that is being differentiated.
    private static final ThreadLocal<Boolean> INSIDE = ThreadLocal.withInitial(() -> false);

    private final String method;
    private final boolean strict;
    private final NDManager caller;
    private final NDManager own;
    private final Autograd.Scope recording;
    private final boolean connected;
    private final NDList inputs = new NDList();

    /**
     * Makes the arrays to evaluate at. Results are part of a graph, whatever the options are, if
     * another function is being differentiated that this is a part of.
     *
     * @param method whose work it is, for messages
     */
    Evaluation(String method, NDList at, Functional.Option... options) {
        ForwardMode.endBy(method);
        this.method = method;
        List<Functional.Option> asked = List.of(options);
        strict = asked.contains(Functional.Option.STRICT);
        if (at.isEmpty()) {
            throw new IllegalArgumentException(
                    method + " takes at least one input to differentiate by, but got none");
        }
        at.forEach(array -> Arguments.inGraph(method, array));
        connected =
                asked.contains(Functional.Option.CREATE_GRAPH)
                        || (INSIDE.get() && Autograd.isRecording());
        caller = at.get(0).getManager();
        own = caller.newSubManager();
        recording = Autograd.enableGrad();
        try {
            at.forEach(array -> inputs.add(place(array)));
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** Runs a function that is being differentiated. */
    NDList run(Function<NDList, NDList> f) {
        return run(f, inputs);
    }

    NDList run(Function<NDList, NDList> f, NDList inputs) {
        try (Autograd.Scope inside = Autograd.set(INSIDE, true)) {
            NDList outputs = f.apply(new NDList(inputs));
            String from = method + ", from its function,";
            if (outputs == null) {
                Arguments.inGraph(from, null);
            }
            outputs.forEach(output -> Arguments.inGraph(from, output));
            return outputs;
        }
    }

    /** Another array over the same storage, and another place in the graph. */
    private NDArray place(NDArray array) {
        NDArray place;
        if (connected && Autograd.requiresGrad(array)) {
            place = view(array);
        } else {
            place = array.stopGradient();
            place.setRequiresGradient(true);
        }
        place.attach(own);
        return place;
    }

    /** Another array over the same storage, whose gradient flows to the first. */
    static NDArray view(NDArray array) {
        // A recorder takes the same shape for the same array.
        NDArray other = array instanceof Recorder.Recorded ? array.expandDims(0) : array;
        return other.reshape(array.getShape());
    }

    /** Whether results are part of a graph. */
    boolean isConnected() {
        return connected;
    }

    NDList inputs() {
        return inputs;
    }

    /** The derivative in a direction by two backward passes, the second by the first's upstream. */
    Functional.Product jvp(Function<NDList, NDList> f, NDList direction) {
        NDList outputs = run(f);
        NDList u = new NDList();
        for (int k = 0; k < outputs.size(); k++) {
            if (strict && !Autograd.requiresGrad(outputs.get(k))) {
                throw independent("output " + k, "any input");
            }
            NDArray zeros = zerosLike(outputs.get(k));
            zeros.attach(own);
            zeros.setRequiresGradient(true);
            u.add(zeros);
        }
        NDList uJ = grad("the output", outputs, inputs, u, true, false);
        NDList product = grad("the output", uJ, u, direction, connected, false);
        return new Functional.Product(released(outputs), released(product));
    }

    /**
     * Checks what a Jacobian or a Hessian is multiplied with, and takes 1 for null.
     *
     * @param v an array for each of the arrays; null if each is one number
     * @param what what the arrays are called, and of what they get each
     */
    NDList directions(@Nullable NDList v, NDList arrays, String what, String each) {
        NDList given = v == null ? Arguments.ones(arrays) : v;
        Arguments.checkEach(method, what, arrays, each, given);
        NDList directions = new NDList();
        for (int i = 0; i < given.size(); i++) {
            NDArray direction = given.get(i);
            directions.add(direction == null ? zerosLike(arrays.get(i)).addi(1) : direction);
        }
        return directions;
    }

    /** Computes gradients by the inputs. */
    NDList grad(String what, NDList of, NDList v, boolean createGraph) {
        return grad(what, of, inputs, v, createGraph, strict);
    }

    /**
     * Computes gradients; the graph is kept. Zeros stand for what does not depend on an input.
     *
     * @param what what is differentiated, for the message in strict mode
     */
    private NDList grad(
            String what, NDList of, NDList by, NDList v, boolean createGraph, boolean isStrict) {
        // An output that depends on nothing has no graph, and the engine refuses it.
        NDList dependent = new NDList();
        NDList upstream = new NDList();
        for (int k = 0; k < of.size(); k++) {
            if (Autograd.requiresGrad(of.get(k))) {
                dependent.add(of.get(k));
                upstream.add(v.get(k));
            }
        }
        NDList found =
                dependent.isEmpty()
                        ? new NDList(new NDArray[by.size()])
                        : Autograd.grad(dependent, by, upstream, true, createGraph, true);
        NDList gradients = new NDList();
        for (int i = 0; i < by.size(); i++) {
            @Nullable NDArray gradient = found.get(i);
            if (gradient == null && isStrict) {
                throw independent(what, "input " + i);
            }
            NDArray result = gradient == null ? zerosLike(by.get(i)) : gradient;
            result.attach(own);
            gradients.add(result);
        }
        return gradients;
    }

    IllegalArgumentException independent(String what, String input) {
        return new IllegalArgumentException(
                ("%s, in strict mode, takes a function whose results depend on each input, but %s"
                                + " does not depend on %s")
                        .formatted(method, what, input));
    }

    boolean isStrict() {
        return strict;
    }

    /** Hands an array to the caller: part of the graph if results are, else without one. */
    NDArray released(NDArray array) {
        NDArray result = connected ? view(array) : array.stopGradient();
        result.attach(caller);
        return result;
    }

    NDList released(NDList arrays) {
        NDList results = new NDList();
        arrays.forEach(array -> results.add(released(array)));
        return results;
    }

    // DJL's own zerosLike ends the JVM for types that DJL has no name for.
    static NDArray zerosLike(NDArray array) {
        if (array instanceof Recorder.Recorded) {
            return array.zerosLike();
        }
        PtNDArray tensor = (PtNDArray) array;
        return EngineArrays.zeros(tensor.getManager(), tensor, TensorSpec.of(tensor));
    }

    @Override
    public void close() {
        recording.close();
        own.close();
    }
}
