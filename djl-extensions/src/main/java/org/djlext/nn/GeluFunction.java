/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Activation;
import org.djlext.autograd.EngineFunction;

/**
 * Gaussian error linear unit in its tanh form, element by element: the {@code NewGELU} of GPT-2 and
 * makemore, PyTorch's {@code gelu(x, approximate="tanh")}.
 *
 * <pre>
 * y  = x/2 (1 + tanh(c (x + a x^3)))        c = sqrt(2/pi), a = 0.044715
 *    = x s,   s = sigmoid(v),   v = x (2c + 2ca x^2)
 *
 * dx = (s + x s (1 - s) (2c + 6ca x^2)) dy
 * </pre>
 *
 * <p>Derivation. (1 + tanh(u)) / 2 = sigmoid(2u), which gives the second line. It needs no
 * difference of numbers near 1, so small values keep their digits. Then the product rule, with
 * dsigmoid/dv = s (1 - s) and dv/dx = 2c + 6ca x^2.
 *
 * <p>Input: x of any shape. Output: y of the same.
 *
 * @see <a href="https://arxiv.org/abs/1606.08415">Hendrycks and Gimpel, 2016</a>
 */
public final class GeluFunction extends ElementwiseFunction {

    private static final double LINEAR = 2 * Math.sqrt(2 / Math.PI);
    private static final double CUBIC = LINEAR * 0.044715;

    // Where v is -4,600 or 4,600, and s is 0 or 1 to the last bit. Beyond it infinity times s (1 -
    // s)
    // = 0 would be NaN.
    private static final double SATURATED = 40;

    /** Creates the operation. */
    public GeluFunction() {
        super(false);
    }

    @Override
    NDArray forward(NDArray x) {
        NDArray z = x.clip(-SATURATED, SATURATED);
        NDArray v = z.square().muli(CUBIC).addi(LINEAR).muli(z);
        return Activation.sigmoid(v).muli(x);
    }

    @Override
    NDArray backward(NDArray x, NDArray dy) {
        NDArray z = x.clip(-SATURATED, SATURATED);
        NDArray cubic = z.square().mul(CUBIC);
        NDArray s = Activation.sigmoid(cubic.add(LINEAR).mul(z));
        NDArray slope = cubic.mul(3).add(LINEAR); // dv/dx
        NDArray ds = s.neg().add(1).mul(s).mul(slope); // ds/dx
        return dy.mul(s.add(z.mul(ds)));
    }

    @Override
    protected NDList forwardByEngine(NDList inputs) {
        return EngineFunction.call("gelu", inputs.get(0), "approximate='tanh'");
    }
}
