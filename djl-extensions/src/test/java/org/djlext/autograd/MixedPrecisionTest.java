/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.ParameterStore;
import org.junit.jupiter.api.Test;

/** Networks that compute in float16 or bfloat16 and keep their weights in float32. */
class MixedPrecisionTest extends GraphTestBase {

    /** Hands a block its parameters in another type; their gradients come back in their own. */
    private static final class CastingStore extends ParameterStore {
        private final DataType type;

        CastingStore(NDManager manager, DataType type) {
            super(manager, false);
            this.type = type;
        }

        @Override
        public NDArray getValue(Parameter parameter, Device device, boolean training) {
            NDArray value = super.getValue(parameter, device, training);
            return type == value.getDataType() ? value : Autograd.cast(value, type);
        }
    }

    private final NDList parameters = new NDList();

    /** The losses of a small network on sin(x), whose weights are drawn with one seed. */
    private double[] losses(DataType type, double lossFactor, boolean scaled) {
        Engine.getInstance().setRandomSeed(5);
        NDArray x = manager.linspace(-1.5f, 1.5f, 32).reshape(32, 1);
        NDArray y = x.mul(2).sin();
        Block block =
                new SequentialBlock()
                        .add(Linear.builder().setUnits(16).build())
                        .add(in -> new NDList(in.get(0).tanh()))
                        .add(Linear.builder().setUnits(1).build());
        block.initialize(manager, DataType.FLOAT32, new Shape(32, 1));
        parameters.clear();
        block.getParameters().values().forEach(p -> parameters.add(p.getArray()));
        ParameterStore store = new CastingStore(manager, type);
        GradScaler scaler = new GradScaler();
        double[] losses = new double[400];
        for (int step = 0; step < losses.length; step++) {
            NDArray in = type == DataType.FLOAT32 ? x : Autograd.cast(x, type);
            NDArray out = block.forward(store, new NDList(in), true).get(0);
            // DJL has no name for the type of an array in bfloat16.
            DataType known = type == DataType.BFLOAT16 ? DataType.UNKNOWN : type;
            assertEquals(known, out.getDataType());
            NDArray loss = Autograd.cast(out, DataType.FLOAT32).sub(y).square().mean();
            losses[step] = loss.getFloat();
            NDArray small = loss.mul((float) lossFactor);
            Autograd.backward(scaled ? scaler.scale(small) : small);
            if (!scaled || scaler.unscale(parameters)) {
                try (Autograd.Scope scope = Autograd.noGrad()) {
                    for (NDArray parameter : parameters) {
                        assertEquals(DataType.FLOAT32, Autograd.gradient(parameter).getDataType());
                        parameter.subi(Autograd.gradient(parameter).mul(0.1 / lossFactor));
                    }
                }
            }
            parameters.forEach(Autograd::clearGradient);
        }
        return losses;
    }

    @Test
    void trainingInBothSmallTypesFollowsThatInFloat32() {
        double[] want = losses(DataType.FLOAT32, 1, false);
        double last = want[want.length - 1];
        assertTrue(want[0] > 10 * last && last < 0.02, want[0] + " to " + last);
        double[] bfloat16 = losses(DataType.BFLOAT16, 1, false);
        double[] float16 = losses(DataType.FLOAT16, 1, true);
        // Rounded to 8 and 11 bits: near, and not the same.
        assertEquals(want[0], bfloat16[0], 0.02 * want[0]);
        assertEquals(want[0], float16[0], 0.002 * want[0]);
        assertTrue(want[0] != bfloat16[0] && want[0] != float16[0]);
        assertEquals(last, bfloat16[want.length - 1], 0.2 * last);
        assertEquals(last, float16[want.length - 1], 0.03 * last);
    }

    @Test
    void smallGradientsInFloat16NeedTheScale() {
        double factor = 1e-7;
        double[] want = losses(DataType.FLOAT32, factor, false);
        double last = want[want.length - 1];
        double[] plain = losses(DataType.FLOAT16, factor, false);
        double[] scaled = losses(DataType.FLOAT16, factor, true);
        assertTrue(plain[plain.length - 1] > 5 * last, "it learns without");
        assertEquals(last, scaled[scaled.length - 1], 0.03 * last);
    }

    @Test
    void scaleGoesDownAfterAnInfiniteGradientAndUpAfterGoodOnes() {
        NDArray w = manager.create(new float[] {1, 2});
        w.setRequiresGradient(true);
        NDList all = new NDList(w);
        GradScaler scaler = new GradScaler(8, 4, 0.25, 2);
        NDArray loss = w.square().sum();
        assertEquals(40, scaler.scale(loss).getFloat());
        Autograd.backward(scaler.scale(loss));
        assertTrue(scaler.unscale(all));
        assertEquals("[2.0, 4.0]", java.util.Arrays.toString(Autograd.gradient(w).toFloatArray()));
        assertEquals(8, scaler.factor());
        assertFailsSaying(
                IllegalStateException.class,
                () -> scaler.unscale(all),
                "no loss was scaled since the last unscale; give all parameters in one call");
        scaler.scale(loss);
        assertTrue(scaler.unscale(all));
        assertEquals(32, scaler.factor());
        Autograd.clearGradient(w);
        Autograd.backward(scaler.scale(w.mul(1e38f).sum()));
        assertFalse(scaler.unscale(all));
        assertEquals(8, scaler.factor());
        Autograd.clearGradient(w);
        scaler.scale(loss);
        assertTrue(scaler.unscale(all));
        assertEquals(8, scaler.factor());
    }

    /** PyTorch's _amp_update_scale_: "Do not grow the scale past fp32 bounds to inf." */
    @Test
    void scaleStaysFinite() {
        GradScaler scaler = new GradScaler(2e38, 2, 0.5, 1);
        scaler.scale(leaf(1));
        assertTrue(scaler.unscale(new NDList()));
        assertEquals(2e38f, scaler.factor());
        assertThrows(IllegalArgumentException.class, () -> new GradScaler(1e39, 2, 0.5, 1));
        assertThrows(IllegalArgumentException.class, () -> new GradScaler(1e-50, 2, 0.5, 1));
    }

    @Test
    void whatWouldNotFitIsRefused() {
        NDArray half = Autograd.cast(leaf(1), DataType.FLOAT16);
        assertRefused(
                "scale takes a loss in float32 or float64, but got float16; keep weights in float32,"
                        + " and cast what is computed with Autograd.cast",
                () -> new GradScaler().scale(half.sum()));
        assertThrows(
                IllegalArgumentException.class, () -> new GradScaler().unscale(new NDList(half)));
        assertThrows(IllegalArgumentException.class, () -> new GradScaler(8, 1, 0.5, 2));
    }
}
