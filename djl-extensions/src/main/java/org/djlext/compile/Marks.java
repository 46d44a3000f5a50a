/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.RecordedCall;
import org.jspecify.annotations.Nullable;

/** The calls of AutogradFunctions on a tape, each of which leaves a mark. */
final class Marks {

    /**
     * A call of an AutogradFunction on the tape: backward is the function's own.
     *
     * @param call what can be differentiated
     * @param inputs the inputs; null for one that was left out
     * @param outputs the outputs; null for one that has no gradient
     * @param first the first line of its forward
     * @param end the line after its last one
     */
    record Mark(
            RecordedCall call,
            List<@Nullable Value> inputs,
            List<@Nullable Value> outputs,
            int first,
            int end) {}

    private final Tape tape;
    private final List<Mark> marks = new ArrayList<>();

    Marks(Tape tape) {
        this.tape = tape;
    }

    /** All marks, in the order of the tape. */
    List<Mark> all() {
        return marks;
    }

    /** Runs a function, and notes how to differentiate it. */
    NDList record(AutogradFunction function, NDList inputs) {
        int first = tape.lines().size();
        NDArray[] handles = new NDArray[inputs.size()];
        boolean[] needsGrad = new boolean[inputs.size()];
        List<@Nullable Value> values = new ArrayList<>();
        for (int i = 0; i < handles.length; i++) {
            NDArray given = inputs.get(i);
            if (given == null) {
                values.add(null);
                continue;
            }
            TracedArray input = tape.known(given).alias();
            needsGrad[i] = !tape.isUndifferentiated() && input.read().differentiable;
            handles[i] = input.array();
            values.add(input.read());
        }
        RecordedCall call =
                tape.undifferentiated(() -> run(function, new NDList(handles), needsGrad));
        boolean any = false;
        for (boolean needs : needsGrad) {
            any |= needs;
        }
        NDList outputs = new NDList();
        List<@Nullable Value> differentiated = new ArrayList<>();
        Map<Value, NDArray> connections = new HashMap<>();
        for (int k = 0; k < call.outputs().size(); k++) {
            TracedArray output = TracedArray.required(call.outputs().get(k), function + ".forward");
            boolean differentiable = any && call.isDifferentiable(k);
            TracedArray result = differentiable ? tape.differentiable(output) : output;
            differentiated.add(differentiable ? result.read() : null);
            connections.put(output.read(), result.array());
            outputs.add(result.array());
        }
        if (any) {
            // Second derivatives go through a saved output to where it came from.
            call.connectSaved(saved -> connections.getOrDefault(TracedArray.valueOf(saved), saved));
            marks.add(new Mark(call, values, differentiated, first, tape.lines().size()));
        }
        return outputs;
    }

    private static RecordedCall run(AutogradFunction function, NDList inputs, boolean[] needsGrad) {
        try {
            return new RecordedCall(function, inputs, needsGrad);
        } catch (ClassCastException e) {
            throw new CompileException(
                    ("cannot compile %s: it takes its inputs for arrays of"
                                    + " the engine (%s); use methods of NDArray alone")
                            .formatted(function, e.getMessage()),
                    e);
        }
    }
}
