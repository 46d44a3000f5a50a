/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture4;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import org.djlext.autograd.Autograd;
import org.djlext.examples.lecture.Lab;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.nn.BatchNorm;
import org.djlext.nn.BatchNormFunction;
import org.djlext.nn.LinearFunction;

/**
 * Three things to know of batch norm: in training a row's output depends on the other rows; a bias
 * before it is taken away with the mean, so it never learns; and one row alone has no variance: as
 * the lecture writes it that gives NaN, and here an exception that says so.
 */
public final class BatchNormFacts extends Lab {

    private static final int CHANNELS = 5;

    /** Creates the experiment. */
    public BatchNormFacts() {}

    @Override
    protected void run() {
        TorchGenerator generator = new TorchGenerator(seed(SEED));
        NDArray x = generator.randn(manager, 8, CHANNELS);
        BatchNorm norm = BatchNorm.builder().build();
        norm.initialize(manager, DataType.FLOAT32, new Shape(8, CHANNELS));
        ParameterStore store = new ParameterStore(manager, false);
        try (Autograd.Scope unrecorded = Autograd.noGrad()) {
            NDArray among8 = norm.call(store, x, true).get("0:1");
            NDArray among4 = norm.call(store, x.get("0:4"), true).get("0:1");
            out.line(
                    "a row among 8 and among 4 others: outputs differ by %.3f",
                    among8.sub(among4).abs().max().getFloat());
        }
        NDArray w = generator.randn(manager, CHANNELS, CHANNELS);
        NDArray b = generator.randn(manager, CHANNELS);
        gradients(x, w, b, generator.randn(manager, 8, CHANNELS));
        out.line(
                "largest gradient of the weights %.3g, of a bias before batch norm %.3g",
                Autograd.gradient(w).abs().max().getFloat(),
                Autograd.gradient(b).abs().max().getFloat());
        try (Autograd.Scope unrecorded = Autograd.noGrad()) {
            NDArray row = x.get("0:1");
            out.line(
                    "one row alone in training mode, by the lecture's formula: %s; here:",
                    asWritten(row).getFloat(0, 0));
            out.line("  %s", refusal(norm, store, row));
            out.line(
                    "one row alone in evaluation mode: %.4f",
                    norm.call(store, row, false).getFloat(0, 0));
        }
    }

    /** (x - mean) / sqrt(variance + eps) with the variance over n - 1 rows. */
    private static NDArray asWritten(NDArray x) {
        int[] rows = {0};
        NDArray difference = x.sub(x.mean(rows, true));
        NDArray variance = difference.square().sum(rows, true).div(x.getShape().get(0) - 1);
        return difference.div(variance.add(1e-5).sqrt());
    }

    private static String refusal(BatchNorm norm, ParameterStore store, NDArray row) {
        try {
            norm.call(store, row, true);
            return "accepted";
        } catch (IllegalArgumentException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private void gradients(NDArray x, NDArray w, NDArray b, NDArray upstream) {
        w.setRequiresGradient(true);
        b.setRequiresGradient(true);
        NDManager manager = x.getManager();
        try (Autograd.Scope way = gradients().scope();
                GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray y =
                    new BatchNormFunction(1e-5, 1)
                            .apply(
                                    new NDList(
                                            new LinearFunction().apply(x, w, b),
                                            manager.ones(new Shape(CHANNELS)),
                                            manager.zeros(new Shape(CHANNELS))))
                            .get(0);
            collector.backward(y.mul(upstream).sum());
        }
    }
}
