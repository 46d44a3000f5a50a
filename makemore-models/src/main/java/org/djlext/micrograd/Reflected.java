/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

/**
 * Arithmetic with the plain number on the left, to be imported statically: {@code sub(1, a)} is 1 -
 * a. Python finds these by itself, as the reflected methods of the right-hand side.
 */
public final class Reflected {

    private Reflected() {}

    /**
     * {@return constant + value}
     *
     * @param constant a number
     * @param value a node
     */
    public static Value add(double constant, Value value) {
        return value.add(constant);
    }

    /**
     * {@return constant * value}
     *
     * @param constant a number
     * @param value a node
     */
    public static Value mul(double constant, Value value) {
        return value.mul(constant);
    }

    /**
     * {@return constant - value}
     *
     * @param constant a number
     * @param value a node
     */
    public static Value sub(double constant, Value value) {
        return value.neg().add(constant);
    }

    /**
     * {@return constant / value}
     *
     * @param constant a number
     * @param value a node
     */
    public static Value div(double constant, Value value) {
        return value.pow(-1).mul(constant);
    }
}
