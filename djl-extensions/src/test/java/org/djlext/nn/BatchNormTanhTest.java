/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.function.Function;
import org.djlext.autograd.Autograd;
import org.djlext.autograd.AutogradFunction;
import org.djlext.gradcheck.GradCheck;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.testing.Golden;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The fused operation against the two that it is made of, and against PyTorch. */
class BatchNormTanhTest {

    private static final double EPS = 1e-5;
    private static final Tolerance TIGHT = new Tolerance(1e-9, 1e-12);

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
        Engine.getInstance().setRandomSeed(5);
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private NDList inputs(DataType type, long... shape) {
        long channels = shape[shape.length - 1];
        return new NDList(
                manager.randomNormal(2, 3, new Shape(shape), type),
                manager.randomNormal(1, 0.5f, new Shape(channels), type),
                manager.randomNormal(0, 0.5f, new Shape(channels), type));
    }

    @ParameterizedTest
    @CsvSource({"0, false", "1, false", "0, true", "1, true"})
    void isBatchNormFollowedByTanh(int correction, boolean threeAxes) {
        BatchNormTanh fused = new BatchNormTanh(EPS, correction, 0.1);
        BatchNormFunction norm = new BatchNormFunction(EPS, correction);
        TanhFunction tanh = new TanhFunction();
        for (DataType type : new DataType[] {DataType.FLOAT64, DataType.FLOAT32}) {
            NDList in = threeAxes ? inputs(type, 3, 4, 5) : inputs(type, 7, 5);
            NDArray upstream = OpCase.upstream(in.get(0));
            NDList got = OpCase.run(v -> fused.apply(v).get(0), in, upstream);
            NDList want = OpCase.run(v -> tanh.apply(norm.apply(v).get(0)).get(0), in, upstream);
            Tolerance tolerance = type == DataType.FLOAT64 ? TIGHT : new Tolerance(1e-5, 1e-6);
            GradientTable table = new GradientTable(tolerance);
            for (int i = 0; i < got.size(); i++) {
                table.compare(
                        i == 0 ? "h" : "d" + fused.inputNames().get(i - 1),
                        got.get(i),
                        want.get(i));
            }
            table.assertApproximate();
        }
    }

    /** The file has batch norm alone: its y gives h, and its gradients follow from dy/(1 - h^2). */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "batchnorm_2d_unbiased",
                "batchnorm_2d_biased",
                "batchnorm_3d_unbiased_channels_last"
            })
    void agreesWithPyTorch(String op) {
        JsonObject golden =
                Golden.read("/golden/ops.json").getAsJsonObject("ops").getAsJsonObject(op);
        JsonObject params = golden.getAsJsonObject("params");
        JsonObject in = golden.getAsJsonObject("inputs");
        NDList inputs = new NDList();
        for (String name : List.of("x", "gamma", "beta")) {
            inputs.add(Golden.tensor(manager, in.get(name)));
        }
        NDArray h = Golden.tensor(manager, golden.get("output")).tanh();
        NDArray dy = Golden.tensor(manager, golden.get("grad_output"));
        NDArray dh = dy.div(h.square().sub(1).neg());
        BatchNormTanh function =
                new BatchNormTanh(
                        params.get("eps").getAsDouble(), params.get("correction").getAsInt(), 0.1);
        NDList got = OpCase.run(v -> function.apply(v).get(0), inputs, dh);
        GradientTable table = new GradientTable(TIGHT);
        table.compare("h", got.get(0), h);
        JsonObject want = golden.getAsJsonObject("grad_inputs");
        table.compare("x", got.get(1), Golden.tensor(manager, want.get("x")));
        table.compare("gamma", got.get(2), Golden.tensor(manager, want.get("gamma")));
        table.compare("beta", got.get(3), Golden.tensor(manager, want.get("beta")));
        table.assertApproximate();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void passesTheCheckerAndTheOtherConventionDoesNot(int correction) {
        NDList in = inputs(DataType.FLOAT64, 7, 5);
        NDArray[] arrays = OpCase.leaves(in).toArray(new NDArray[0]);
        BatchNormTanh right = new BatchNormTanh(EPS, correction, 0.1);
        new GradCheck().check(right, arrays).assertPassed();

        // Forward of one convention, backward of the other.
        AutogradFunction wrong =
                OpCase.twin(
                        right::forward,
                        (ctx, dh) -> {
                            ctx.setAttribute("scale", correction == 1 ? 1.0 : Math.sqrt(6.0 / 7));
                            return right.backward(ctx, dh);
                        });
        assertFalse(new GradCheck().check(wrong, arrays).isPassed());
    }

    @Test
    void blockIsManualBatchNormAndTanh() {
        Block fused = ManualBlocks.batchNormTanh(EPS, 0.1);
        Block norm = ManualBatchNorm.builder().build();
        ParameterStore store = new ParameterStore(manager, false);
        NDArray x = manager.randomNormal(1, 2, new Shape(4, 3, 5), DataType.FLOAT32);
        fused.initialize(manager, DataType.FLOAT32, x.getShape());
        norm.initialize(manager, DataType.FLOAT32, x.getShape());
        for (int i = 0; i < 3; i++) {
            for (boolean training : new boolean[] {true, false}) {
                NDArray got = fused.forward(store, new NDList(x), training).singletonOrThrow();
                NDArray want = norm.forward(store, new NDList(x), training).get(0).tanh();
                assertArrayEquals(want.toFloatArray(), got.toFloatArray(), 1e-5f);
            }
            x = x.mul(1.5f).add(0.3f);
        }
        for (int i = 0; i < 4; i++) {
            assertEquals(
                    norm.getParameters().valueAt(i).requiresGradient(),
                    fused.getParameters().valueAt(i).requiresGradient());
            assertArrayEquals(
                    norm.getParameters().valueAt(i).getArray().toFloatArray(),
                    fused.getParameters().valueAt(i).getArray().toFloatArray(),
                    1e-4f,
                    norm.getParameters().keyAt(i));
        }
    }

    @Test
    void blockTrains() {
        Block block = ManualBlocks.batchNormTanh(EPS, 0.1);
        NDArray x = manager.randomNormal(1, 2, new Shape(6, 5), DataType.FLOAT32);
        block.initialize(manager, DataType.FLOAT32, x.getShape());
        ParameterStore store = new ParameterStore(manager, false);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray h = block.forward(store, new NDList(x), true).singletonOrThrow();
            collector.backward(h.mul(OpCase.upstream(h)).sum());
        }
        NDArray dbeta = block.getParameters().get("beta").getArray().getGradient();
        assertTrue(dbeta.abs().min().getFloat() > 0, dbeta.toString());
    }

    @Test
    void saturatedAndTinyValues() {
        // 2 sigmoid(2 y) - 1 must neither overflow nor lose more than one unit of 1.
        Function<NDArray, NDArray> h =
                beta -> {
                    NDArray x = manager.arange(12f).reshape(2, 6);
                    NDArray gamma = manager.zeros(new Shape(6));
                    return new BatchNormTanh(EPS, 0, 0.1).apply(x, gamma, beta).get(0).get(0);
                };
        NDArray y = manager.create(new float[] {-200, -9, -1e-4f, 1e-7f, 0.3f, 200});
        assertArrayEquals(y.tanh().toFloatArray(), h.apply(y).toFloatArray(), 1.2e-7f);
    }

    @Test
    void secondDerivativeAndTooFewRowsAreRefused() {
        NDList in = inputs(DataType.FLOAT64, 7, 5);
        in.get(0).setRequiresGradient(true);
        BatchNormTanh function = new BatchNormTanh(EPS, 1, 0.1);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDList loss = new NDList(function.apply(in).get(0).sum());
            NDList one = new NDList(loss.head().onesLike());
            NDList x = new NDList(in.get(0));
            NDList dx = Autograd.grad(loss, x, one, true, true, false);
            NDList squares = new NDList(dx.head().square().sum());
            Exception e = assertThrows(EngineException.class, () -> Autograd.grad(squares, x));
            assertTrue(
                    String.valueOf(e.getMessage()).contains("can be differentiated once"),
                    e.getMessage());
        }
        NDArray one = manager.ones(new Shape(1, 5));
        NDArray gamma = manager.ones(new Shape(5));
        Exception e =
                assertThrows(
                        IllegalArgumentException.class, () -> function.apply(one, gamma, gamma));
        assertEquals(
                "batch normalization with correction 1 needs at least 2 values a channel, but x of"
                        + " shape (1, 5) has 1; use a larger batch, or evaluation mode",
                e.getMessage());
        // As in PyTorch, whatever the correction.
        BatchNormTanh biased = new BatchNormTanh(EPS, 0, 0.1);
        assertThrows(IllegalArgumentException.class, () -> biased.apply(one, gamma, gamma));
        assertThrows(
                IllegalArgumentException.class,
                () -> biased.apply(one, gamma, gamma, gamma.zerosLike(), gamma.onesLike()));
    }
}
