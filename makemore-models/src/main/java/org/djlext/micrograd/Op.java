/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

/** The operations that a node can be the result of; everything else is made of these. */
enum Op {
    LEAF(""),
    ADD("+"),
    MUL("*"),
    POW("**"),
    EXP("exp"),
    LOG("log"),
    TANH("tanh"),
    RELU("ReLU"),
    SIGMOID("sigmoid");

    /** How it is written in a picture. */
    final String symbol;

    Op(String symbol) {
        this.symbol = symbol;
    }

    /**
     * Returns x^n. The two that the lecture needs most are exact here: Math.pow may be one unit
     * off, and whether it is may depend on how the caller was compiled.
     */
    static double power(double x, double n) {
        if (n == 2) {
            return x * x;
        }
        return n == -1 ? 1 / x : Math.pow(x, n);
    }
}
