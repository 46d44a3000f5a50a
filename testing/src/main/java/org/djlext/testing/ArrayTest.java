/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.testing;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;

/** What tests with arrays begin with: a manager, closed in the end, and the same random numbers. */
public abstract class ArrayTest {

    /** Holds the arrays of a test. */
    @AutoClose protected final NDManager manager = NDManager.newBaseManager();

    /** Lets each test draw the same numbers, whichever runs before it. */
    @BeforeEach
    protected void seed() {
        Engine.getInstance().setRandomSeed(7);
    }

    /**
     * {@return normal numbers in float64, in an array of the manager}
     *
     * @param shape the shape
     */
    protected final NDArray random(long... shape) {
        return manager.randomNormal(0, 1, new Shape(shape), DataType.FLOAT64);
    }
}
