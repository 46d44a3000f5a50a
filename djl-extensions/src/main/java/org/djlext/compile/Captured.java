/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * Arrays that the Java code has from elsewhere, such as a mask that a block keeps. The script is
 * given the arrays themselves in each call, so that what they hold may change in between.
 */
final class Captured {

    private final IdentityHashMap<NDArray, Value> known = new IdentityHashMap<>();
    private final List<Value> values = new ArrayList<>();
    private final NDList arrays = new NDList();

    /** Returns the value of an array, a new one when it is captured for the first time. */
    Value value(NDArray array, Tape tape) {
        Value value = known.get(array);
        if (value != null) {
            return value;
        }
        if (!(array instanceof PtNDArray)) {
            throw CompileException.at(
                    tape.source(),
                    "an operand must be an array of the PyTorch engine, but is a "
                            + array.getClass().getSimpleName());
        }
        if (array.hasGradient()) {
            throw CompileException.at(
                    tape.source(),
                    "an array of shape "
                            + array.getShape()
                            + " requires a gradient, but is no parameter of the block, or was"
                            + " computed of one without the recorded arrays; make it a parameter"
                            + " with addParameter, and get it from the ParameterStore");
        }
        value = new Value("a" + values.size(), array, Value.Origin.CAPTURED, false);
        known.put(array, value);
        values.add(value);
        arrays.add(array);
        return value;
    }

    /** The values, in the order of their names. */
    List<Value> values() {
        return values;
    }

    /** The arrays, in the same order. */
    NDList arrays() {
        return arrays;
    }
}
