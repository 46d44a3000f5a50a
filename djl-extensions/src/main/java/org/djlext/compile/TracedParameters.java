/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Hands a block the arrays that its parameters have on a tape. */
final class TracedParameters extends ParameterStore {

    private final Tape tape;
    private final Map<Parameter, Traced> traced = new LinkedHashMap<>();

    // What a parameter is at first, and the array that stands for it.
    private record Traced(Value first, TracedArray array) {

        boolean isChanged() {
            return array.read() != first;
        }
    }

    TracedParameters(Tape tape) {
        super(tape.manager().manager(), false);
        this.tape = tape;
    }

    /** Puts parameters on the tape: p0, p1, .. */
    List<Value> put(String letter, List<Parameter> parameters, boolean isTrained) {
        List<Value> values = new ArrayList<>();
        for (Parameter parameter : parameters) {
            TracedArray array =
                    tape.input(
                            letter + values.size(),
                            parameter.getArray(),
                            Value.Origin.PARAMETER,
                            isTrained);
            values.add(array.read());
            traced.put(parameter, new Traced(array.read(), array));
        }
        return values;
    }

    /** Tells whether the block has changed one of them in place. */
    boolean isAnyChanged() {
        return traced.values().stream().anyMatch(Traced::isChanged);
    }

    /** Changes what the block has changed in place, such as running statistics, in the end. */
    void writeChanges() {
        Map<Value, NDArray> changes = new LinkedHashMap<>();
        traced.forEach(
                (parameter, own) -> {
                    if (own.isChanged() && own.first.differentiable) {
                        throw new CompileException(
                                "cannot compile: the block changes its parameter "
                                        + parameter.getName()
                                        + " in place, which the optimizer is to change; freeze it");
                    }
                    if (own.isChanged()) {
                        changes.put(own.first, own.array.array());
                    }
                });
        // What lies in the memory of another parameter is read before that changes.
        changes.replaceAll(
                (before, now) -> Conversions.copy(TracedArray.required(now, "a change")));
        changes.forEach((before, now) -> tape.change("copy_", before, now));
    }

    @Override
    public @Nullable NDArray getValue(
            @Nullable Parameter parameter, Device device, boolean training) {
        if (parameter == null) {
            return null;
        }
        Traced own = traced.get(parameter);
        if (own == null) {
            throw new CompileException(
                    "cannot compile: the block uses the parameter "
                            + parameter.getName()
                            + ", which is not among its getParameters()");
        }
        return own.array.array();
    }
}
