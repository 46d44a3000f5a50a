/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import java.util.List;
import java.util.function.Consumer;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.data.Examples;
import org.djlext.nn.BatchNorm;
import org.djlext.nn.Sequential;

/**
 * The end of training as makemore 3 has it first: the statistics of batch norm are those of the
 * whole training set, computed once, instead of those that were kept along the way.
 */
public final class Calibration {

    private static final int CHUNK = 512;

    private Calibration() {}

    /**
     * Sets the running statistics of all batch norms, one after the other from the input on, each
     * with those before it calibrated already.
     *
     * @param manager a manager of the model's device
     * @param layers the layers of the model
     * @param examples the training set
     * @throws IllegalArgumentException if there are too few examples for a variance
     */
    public static void calibrate(NDManager manager, Sequential layers, Examples examples) {
        List<Block> list = layers.layers();
        for (int i = 0; i < list.size(); i++) {
            if (list.get(i) instanceof BatchNorm norm) {
                calibrate(manager, list.subList(0, i), norm, examples);
            }
        }
    }

    private static void calibrate(
            NDManager manager, List<Block> before, BatchNorm norm, Examples examples) {
        try (Autograd.Scope unrecorded = Autograd.noGrad();
                NDManager sub = manager.newSubManager()) {
            // In float64, and mean before variance: there are hundreds of thousands of rows.
            NDArray[] mean = {sub.create(0.0)};
            long rows = forEachChunk(sub, before, examples, x -> add(mean, x));
            if (rows < 2) {
                throw new IllegalArgumentException(
                        "calibration needs at least 2 rows of each batch norm's input, but has "
                                + rows
                                + "; give more examples");
            }
            mean[0].divi(rows);
            NDArray[] squares = {sub.create(0.0)};
            forEachChunk(sub, before, examples, x -> add(squares, x.sub(mean[0]).square()));
            squares[0].divi(rows - 1);
            norm.calibrate(mean[0], squares[0]);
        }
    }

    private static void add(NDArray[] sum, NDArray rows) {
        NDArray next = rows.sum(new int[] {0}).add(sum[0]);
        NDScope.unregister(next);
        next.attach(sum[0].getManager());
        sum[0].close();
        sum[0] = next;
    }

    /** Passes on the input of the layer as rows of float64, and returns how many there are. */
    private static long forEachChunk(
            NDManager manager, List<Block> before, Examples examples, Consumer<NDArray> chunk) {
        ParameterStore store = new ParameterStore(manager, false);
        long rows = 0;
        for (int from = 0; from < examples.size(); from += CHUNK) {
            int to = Math.min(from + CHUNK, examples.size());
            try (NDManager sub = manager.newSubManager();
                    NDScope scope = new NDScope()) {
                scope.suppressNotUsedWarning();
                NDArray x = examples.slice(sub, from, to).x();
                for (Block layer : before) {
                    x = layer.forward(store, new NDList(x), false).singletonOrThrow();
                }
                NDArray flat = x.reshape(-1, x.getShape().getLastDimension());
                rows += flat.getShape().get(0);
                chunk.accept(flat.toType(DataType.FLOAT64, false));
            }
        }
        return rows;
    }
}
