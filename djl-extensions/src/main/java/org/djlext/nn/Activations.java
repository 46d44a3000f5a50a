/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

/**
 * Nonlinear Blocks, element by element. They have no parameters and keep the shape. Their names are
 * those of PyTorch's modules and of makemore.
 */
public final class Activations {

    private Activations() {}

    /** {@return a block of {@link TanhFunction}} */
    public static FunctionBlock tanh() {
        return FunctionBlock.of("Tanh", new TanhFunction());
    }

    /** {@return a block of {@link SigmoidFunction}, 1 / (1 + e^-x)} */
    public static FunctionBlock sigmoid() {
        return FunctionBlock.of("Sigmoid", new SigmoidFunction());
    }

    /** {@return a block of {@link SiluFunction}, x sigmoid(x)} */
    public static FunctionBlock silu() {
        return FunctionBlock.of("SiLU", new SiluFunction());
    }

    /** {@return a block of {@link ReluFunction}, max(x, 0)} */
    public static FunctionBlock relu() {
        return FunctionBlock.of("ReLU", new ReluFunction());
    }

    /** {@return a block of {@link GeluFunction}, GPT-2's gelu} */
    public static FunctionBlock gelu() {
        return FunctionBlock.of("NewGELU", new GeluFunction());
    }
}
