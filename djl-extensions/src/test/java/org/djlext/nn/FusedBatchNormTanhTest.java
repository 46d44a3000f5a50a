/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.List;
import java.util.function.Function;
import org.djlext.autograd.Autograd;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The two ways of one operation against each other and against what they stand for. */
class FusedBatchNormTanhTest {

    // So large that it shows if eps is not divided by r.
    private static final double EPS = 0.1;
    private static final double MOMENTUM = 0.3;

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
        Engine.getInstance().setRandomSeed(6);
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private NDList inputs(DataType type, Shape shape) {
        Shape channels = new Shape(shape.getLastDimension());
        return new NDList(
                manager.randomNormal(2, 1.5f, shape, type),
                manager.randomNormal(1, 0.5f, channels, type),
                manager.randomNormal(0, 0.5f, channels, type));
    }

    private NDList statistics(DataType type, long channels) {
        NDArray values = manager.arange(0, (int) channels, 1, type);
        return new NDList(values.mul(0.1), values.mul(0.2).add(0.7));
    }

    private static NDArray plain(NDList in, int correction) {
        NDArray rows = in.get(0).reshape(-1, in.get(1).size()); // (n, C)
        NDArray diff = rows.sub(rows.mean(new int[] {0}, true));
        NDArray var = diff.square().sum(new int[] {0}, true).div(rows.size(0) - correction);
        NDArray y = diff.div(var.add(EPS).sqrt()).mul(in.get(1)).add(in.get(2));
        return y.tanh().reshape(in.get(0).getShape());
    }

    @ParameterizedTest
    @CsvSource({
        "0, false, FLOAT64", "1, false, FLOAT64", "0, true, FLOAT64", "1, true, FLOAT64",
        "0, false, FLOAT32", "1, false, FLOAT32", "0, true, FLOAT32", "1, true, FLOAT32"
    })
    void bothWaysAreBatchNormAndTanh(int correction, boolean threeAxes, DataType type) {
        NDList in = inputs(type, threeAxes ? new Shape(3, 2, 5) : new Shape(7, 5));
        NDArray upstream = OpCase.upstream(in.get(0));
        FusedBatchNormTanh fused = new FusedBatchNormTanh(EPS, correction, MOMENTUM);
        BatchNormTanh byHand = new BatchNormTanh(EPS, correction, MOMENTUM);
        BatchNormFunction norm = new BatchNormFunction(EPS, correction);
        NDList moved = statistics(type, 5);
        NDList movedByHand = statistics(type, 5);

        NDList got = OpCase.run(v -> fused.recorded(with(v, moved)), in, upstream);
        GradientTable table =
                new GradientTable(
                        type == DataType.FLOAT64
                                ? new Tolerance(1e-9, 1e-12)
                                : new Tolerance(1e-5, 1e-6));
        compare(
                table,
                "by hand",
                got,
                OpCase.run(v -> byHand.apply(with(v, movedByHand)).get(0), in, upstream));
        compare(
                table,
                "two functions",
                got,
                OpCase.run(
                        v -> new TanhFunction().apply(norm.apply(v).get(0)).get(0), in, upstream));
        compare(table, "plain", got, OpCase.run(v -> plain(v, correction), in, upstream));

        table.compare("mean by hand", moved.get(0), movedByHand.get(0));
        table.compare("variance by hand", moved.get(1), movedByHand.get(1));
        NDArray rows = in.get(0).reshape(-1, 5);
        NDArray mean = rows.mean(new int[] {0});
        long degrees = rows.getShape().get(0) - 1; // unbiased whatever the correction
        NDArray var = rows.sub(mean).square().sum(new int[] {0}).div(degrees);
        NDList old = statistics(type, 5);
        table.compare("mean", moved.get(0), old.get(0).mul(0.7).add(mean.mul(0.3)));
        table.compare("variance", moved.get(1), old.get(1).mul(0.7).add(var.mul(0.3)));
        table.assertApproximate();
    }

    private static NDList with(NDList inputs, NDList statistics) {
        return new NDList(inputs).addAll(statistics);
    }

    private static void compare(GradientTable table, String with, NDList got, NDList want) {
        List<String> names = List.of("h", "dx", "dgamma", "dbeta");
        for (int i = 0; i < names.size(); i++) {
            table.compare(names.get(i) + ", " + with, got.get(i), want.get(i));
        }
    }

    /** The rule written by hand says itself that it is the one: it refuses a second derivative. */
    @Test
    void choosesByTheNumberOfElements() {
        FusedBatchNormTanh fused = new FusedBatchNormTanh(EPS, 1, MOMENTUM);
        Function<Shape, NDList> twice =
                shape -> {
                    NDList in = OpCase.leaves(inputs(DataType.FLOAT32, shape));
                    in.addAll(statistics(DataType.FLOAT32, shape.getLastDimension()));
                    try (GradientCollector c = Engine.getInstance().newGradientCollector()) {
                        NDList loss = new NDList(fused.train(in).sum());
                        NDList one = new NDList(loss.head().onesLike());
                        NDList x = new NDList(in.get(0));
                        NDList dx = Autograd.grad(loss, x, one, true, true, false);
                        return Autograd.grad(new NDList(dx.head().square().sum()), x);
                    }
                };
        long rows = FusedBatchNormTanh.LARGE / 64;
        assertEquals(
                new Shape(rows - 1, 64), twice.apply(new Shape(rows - 1, 64)).get(0).getShape());
        Exception e = assertThrows(EngineException.class, () -> twice.apply(new Shape(rows, 64)));
        assertTrue(
                String.valueOf(e.getMessage()).contains("can be differentiated once"),
                e.getMessage());
    }

    @Test
    void oneRowIsRefused() {
        NDList in = inputs(DataType.FLOAT32, new Shape(1, 5));
        in.addAll(statistics(DataType.FLOAT32, 5));
        FusedBatchNormTanh fused = new FusedBatchNormTanh(EPS, 0, MOMENTUM);
        Exception e = assertThrows(IllegalArgumentException.class, () -> fused.train(in));
        assertEquals(
                "batch normalization with correction 0 needs at least 2 values a channel, but x of"
                        + " shape (1, 5) has 1; use a larger batch, or evaluation mode",
                e.getMessage());
    }
}
