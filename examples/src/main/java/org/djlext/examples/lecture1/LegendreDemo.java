/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture1;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.util.List;
import org.djlext.autograd.Autograd;
import org.djlext.examples.lecture.Output;
import org.djlext.micrograd.Value;
import org.djlext.nn.LegendreP3Function;

/**
 * An operation that an engine does not have: Legendre's P3, in micrograd made of what is there, in
 * DJL by a hand-written forward and backward. Then PyTorch's example of it: a + b P3(c + d x) is
 * fitted to sin(x).
 */
final class LegendreDemo {

    private static final int POINTS = 2000;
    private static final double LEARNING_RATE = 5e-6;

    private LegendreDemo() {}

    static void run(Output out) {
        for (double at : new double[] {-1.5, -0.3, 0.1, 0.8, 2}) {
            List<Double> micrograd = inMicrograd(at);
            List<Double> djl = inDjl(at);
            out.line(
                    "P3(%4.1f) = %8.4f, P3' = %8.4f; in DJL %8.4f, %8.4f",
                    at, micrograd.get(0), micrograd.get(1), djl.get(0), djl.get(1));
        }
        out.line("fitting a + b P3(c + d x) to sin(x):");
        fit(out);
    }

    private static List<Double> inMicrograd(double at) {
        Value x = new Value(at, "x");
        Value y = x.pow(3).mul(5).sub(x.mul(3)).mul(0.5);
        y.backward();
        return List.of(y.data, x.grad);
    }

    private static List<Double> inDjl(double at) {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray x = manager.create(at);
            x.setRequiresGradient(true);
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                NDArray y = new LegendreP3Function().apply(x);
                collector.backward(y);
                return List.of(y.getDouble(), x.getGradient().getDouble());
            }
        }
    }

    // In float32, from 0, -1, 0 and 0.3, and the loss is the sum of the squares, as PyTorch has it.
    private static void fit(Output out) {
        LegendreP3Function p3 = new LegendreP3Function();
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray x = manager.linspace((float) -Math.PI, (float) Math.PI, POINTS);
            NDArray y = x.sin();
            NDArray rate = manager.create((float) LEARNING_RATE);
            NDArray[] p = {
                manager.create(0f), manager.create(-1f), manager.create(0f), manager.create(0.3f)
            };
            for (NDArray each : p) {
                each.setRequiresGradient(true);
            }
            for (int step = 1; step <= 2000; step++) {
                try (NDManager inner = manager.newSubManager()) {
                    NDArray inputs = x.duplicate();
                    inputs.attach(inner);
                    double loss = step(p3, p, inputs, y, rate);
                    if (step % 500 == 0) {
                        out.line("  step %4d loss %.4f", step, loss);
                    }
                }
            }
            out.line(
                    "y = %.3g + %.6f P3(%.3g + %.6f x)",
                    p[0].getFloat(), p[1].getFloat(), p[2].getFloat(), p[3].getFloat());
        }
    }

    private static double step(
            LegendreP3Function p3, NDArray[] p, NDArray x, NDArray y, NDArray rate) {
        double loss;
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray inner = x.mul(p[3]).add(p[2]);
            NDArray prediction = p3.apply(inner).mul(p[1]).add(p[0]);
            NDArray error = prediction.sub(y);
            NDArray sum = error.mul(error).sum();
            collector.backward(sum);
            loss = sum.getFloat();
        }
        try (Autograd.Scope noGrad = Autograd.noGrad()) {
            for (NDArray each : p) {
                update(each, rate);
            }
        }
        return loss;
    }

    private static void update(NDArray parameter, NDArray rate) {
        try (NDArray gradient = parameter.getGradient();
                NDArray change = gradient.mul(rate)) {
            parameter.subi(change);
            gradient.muli(0); // The engine adds to it in the next backward.
        }
    }
}
