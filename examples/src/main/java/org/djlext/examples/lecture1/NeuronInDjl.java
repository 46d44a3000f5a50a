/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture1;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import org.djlext.examples.lecture.Output;

/** The same neuron on arrays: DJL's autograd does what micrograd does, on many numbers at once. */
final class NeuronInDjl {

    private NeuronInDjl() {}

    static void run(Output out) {
        try (NDManager manager = NDManager.newBaseManager()) {
            Shape shape =
                    manager.create(new float[] {1, 2, 3, 4, 5, 6}, new Shape(2, 3)).getShape();
            out.line("an array of 6 numbers has the shape %s", shape);
            NDArray x1 = leaf(manager, 2);
            NDArray x2 = leaf(manager, 0);
            NDArray w1 = leaf(manager, -3);
            NDArray w2 = leaf(manager, 1);
            NDArray b = leaf(manager, (float) NeuronBackprop.BIAS);
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                NDArray o = x1.mul(w1).add(x2.mul(w2)).add(b).tanh();
                collector.backward(o);
                out.line("o = %s", o.getDouble());
                out.line("---");
                out.line("x2 %s%nw2 %s", gradient(x2), gradient(w2));
                out.line("x1 %s%nw1 %s", gradient(x1), gradient(w1));
            }
        }
    }

    // As in the lecture the number is a float32 first and a float64 then, so that the bias loses
    // half of its digits, and o is not quite 0.70710678.
    private static NDArray leaf(NDManager manager, float number) {
        NDArray leaf = manager.create(new float[] {number}).toType(DataType.FLOAT64, false);
        leaf.setRequiresGradient(true);
        return leaf;
    }

    private static double gradient(NDArray leaf) {
        return leaf.getGradient().getDouble();
    }
}
