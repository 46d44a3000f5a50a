/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import java.nio.file.Path;
import java.time.Duration;
import org.djlext.autograd.Autograd;
import org.djlext.distributed.ProcessGroup;
import org.djlext.gradcheck.GradCheck;
import org.djlext.gradcheck.GradCheckReport;
import org.djlext.testing.ArrayTest;
import org.djlext.testing.Gradients;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The hand-written batch norm against PyTorch, the engine, finite differences and DJL's own. */
class BatchNormTest extends ArrayTest {

    @Test
    void biasedBlockIsDjlsBatchNorm() {
        BatchNorm manual = BatchNorm.builder().optCorrection(0).optMomentum(0.1).build();
        ai.djl.nn.norm.BatchNorm djl =
                ai.djl.nn.norm.BatchNorm.builder().optAxis(1).optMomentum(0.9f).build();
        ParameterStore store = new ParameterStore(manager, false);
        NDArray x = manager.randomNormal(1, 2, new Shape(16, 5), DataType.FLOAT32);
        for (Block block : new Block[] {manual, djl}) {
            block.initialize(manager, DataType.FLOAT32, x.getShape());
        }
        for (int i = 0; i < 3; i++) {
            NDArray a = manual.forward(store, new NDList(x), true).singletonOrThrow();
            NDArray b = djl.forward(store, new NDList(x), true).singletonOrThrow();
            assertArrayEquals(b.toFloatArray(), a.toFloatArray(), 1e-5f);
            x = x.mul(1.5f).add(0.3f);
        }
        for (int i = 0; i < 4; i++) {
            assertArrayEquals(
                    djl.getParameters().valueAt(i).getArray().toFloatArray(),
                    manual.getParameters().valueAt(i).getArray().toFloatArray(),
                    1e-4f,
                    manual.getParameters().keyAt(i));
        }
        NDArray a = manual.forward(store, new NDList(x), false).singletonOrThrow();
        NDArray b = djl.forward(store, new NDList(x), false).singletonOrThrow();
        assertArrayEquals(b.toFloatArray(), a.toFloatArray(), 1e-4f);
    }

    /** Of a channel that does not vary, in each way. */
    @ParameterizedTest
    @CsvSource({"VARIANCE, false", "VARIANCE, true", "DEVIATION, false", "DEVIATION, true"})
    void constantChannelHasNoSpread(BatchNorm.Running running, boolean engine) {
        BatchNorm block = BatchNorm.builder().optRunning(running).optMomentum(0.25).build();
        ParameterStore store = new ParameterStore(manager, false);
        for (double value : new double[] {0.7, 3.25, 1000.3}) {
            block.initialize(manager, DataType.FLOAT32, new Shape(6, 1));
            NDArray x = manager.full(new Shape(6, 1), (float) value, DataType.FLOAT32);
            NDArray spread = block.getParameters().valueAt(3).getArray();
            double before = spread.getFloat(0);
            try (Autograd.Scope scope = engine ? Autograd.engineGradients() : () -> {}) {
                block.forward(store, new NDList(x), true);
            }
            // Rounding of the mean leaves something of the size of its last digits, squared or not.
            assertEquals(0.75 * before, spread.getFloat(0), 1e-3);
        }
    }

    @Test
    void evaluationDoesNotLookAtTheBatch() {
        BatchNorm block = BatchNorm.builder().build();
        ParameterStore store = new ParameterStore(manager, false);
        NDArray x = manager.randomNormal(1, 2, new Shape(4, 3, 5), DataType.FLOAT32);
        block.initialize(manager, DataType.FLOAT32, x.getShape());
        block.forward(store, new NDList(x), true);
        NDArray all = block.forward(store, new NDList(x), false).singletonOrThrow();
        NDArray one = block.forward(store, new NDList(x.get("1:2")), false).singletonOrThrow();
        assertEquals(all.get("1:2"), one);
    }

    @Test
    void badInputAndOptions() {
        NDArray one = manager.ones(new Shape(1, 5));
        NDArray gamma = manager.ones(new Shape(5));
        assertRefused(
                "batch normalization with correction 1 needs at least 2 values a channel, but x of"
                        + " shape (1, 5) has 1; use a larger batch, or evaluation mode",
                () -> new BatchNormFunction(1e-5, 1).apply(one, gamma, gamma));
        // As PyTorch, whatever the correction.
        assertThrows(
                IllegalArgumentException.class,
                () -> new BatchNormFunction(1e-5, 0).apply(one, gamma, gamma));
        BatchNorm.Builder builder = BatchNorm.builder();
        assertThrows(IllegalArgumentException.class, () -> builder.optEps(-1));
        assertThrows(IllegalArgumentException.class, () -> builder.optMomentum(Float.NaN));
        assertThrows(IllegalArgumentException.class, () -> builder.optCorrection(2));
        assertThrows(
                IllegalArgumentException.class,
                () -> builder.build().initialize(manager, DataType.FLOAT32, new Shape(5)));
    }

    /** Over all ranks of a group of one, which finite differences can see whole. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void overRanksItHasFirstDerivativesAndRefusesSecondOnes(@TempDir Path dir) {
        try (ProcessGroup group =
                ProcessGroup.init("file://" + dir.resolve("store"), 0, 1, Duration.ofSeconds(9))) {
            GradCheck check = GradCheck.builder().optForwardAd(true).build();
            for (int correction : new int[] {0, 1}) {
                BatchNormFunction norm = new BatchNormFunction(1e-5, correction, group);
                NDArray[] inputs =
                        Gradients.leaves(new NDList(random(2, 3, 4), random(4), random(4)))
                                .toArray(NDArray[]::new);
                check.check(norm, inputs).assertPassed();
                GradCheckReport second = check.gradGradCheck(norm, inputs);
                assertFalse(second.isPassed());
                assertTrue(
                        second.toString()
                                .contains(
                                        "batch norm over all ranks has no second derivatives; let"
                                                + " each rank have its own"),
                        second.toString());
            }
        }
    }
}
