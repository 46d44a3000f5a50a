/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/** An array of the script: what the step is given, or what a line computes. */
final class Value {

    /** Where a value comes from. */
    enum Origin {
        /** A parameter of the block, which a step may change. */
        PARAMETER,
        /** Data or labels, which differ from step to step. */
        BATCH,
        /** An array that the Java code has from elsewhere. */
        CAPTURED,
        /** The same in every step, because it is made of numbers and shapes alone. */
        CONSTANT,
        /** Memory that lines write their results to. */
        BUFFER,
        /** Computed by a line. */
        RESULT
    }

    final String name;
    final Shape shape;
    final DataType type;
    final Origin origin;

    /** Whether its gradient can be wanted: it depends on a trained parameter. */
    final boolean differentiable;

    Value(String name, Shape shape, DataType type, Origin origin, boolean differentiable) {
        this.name = name;
        this.shape = shape;
        this.type = type;
        this.origin = origin;
        this.differentiable = differentiable && type.isFloating();
    }

    Value(String name, Shape shape, DataType type, Origin origin) {
        this(name, shape, type, origin, false);
    }

    /** Makes the value of an array. */
    Value(String name, NDArray array, Origin origin, boolean differentiable) {
        this(name, array.getShape(), array.getDataType(), origin, differentiable);
    }

    /** Returns what a new line computes in the place of this, of the same shape and type. */
    Value like(String prefix) {
        return like(prefix, shape);
    }

    /** Returns what a new line computes in the place of this. */
    Value like(String prefix, Shape other) {
        return new Value(prefix + name, other, type, Origin.RESULT);
    }

    /** Returns another value of this shape and type. */
    Value renamed(String other) {
        return new Value(other, shape, type, origin, false);
    }

    boolean isBuffer() {
        return origin == Origin.BUFFER;
    }

    @Override
    public String toString() {
        return name;
    }
}
