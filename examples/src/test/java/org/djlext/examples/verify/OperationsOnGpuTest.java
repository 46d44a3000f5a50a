/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.util.ArrayList;
import java.util.List;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Hand-written operations on a GPU, against PyTorch's numbers from a CPU. */
class OperationsOnGpuTest {

    private static final Tolerance TOLERANCE = new Tolerance(1e-9, 1e-12);

    private static Device device = Device.cpu();
    private static NDManager manager = NDManager.newBaseManager();

    @BeforeAll
    static void open() {
        device = Gpu.firstOrCpu(OperationsOnGpuTest.class);
        manager = NDManager.newBaseManager(device);
    }

    @AfterAll
    static void close() {
        manager.close();
    }

    /** A wrong rule, which shows that it ran, and where. */
    private static final class WrongBySeven extends AutogradFunction {
        private final List<Device> devices = new ArrayList<>();

        @Override
        protected NDList forward(FunctionContext ctx, NDList inputs) {
            devices.add(inputs.get(0).getDevice());
            return new NDList(inputs.get(0).mul(2));
        }

        @Override
        protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
            devices.add(gradOutputs.get(0).getDevice());
            return new NDList(gradOutputs.get(0).mul(7));
        }
    }

    @Test
    void aRuleRunsWhereItsArraysAre() {
        NDArray x = manager.create(new float[] {1, 2, 3});
        x.setRequiresGradient(true);
        WrongBySeven wrong = new WrongBySeven();
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray y = wrong.apply(x);
            assertArrayEquals(new float[] {2, 4, 6}, y.toFloatArray());
            collector.backward(y.sum());
        }
        assertArrayEquals(new float[] {7, 7, 7}, x.getGradient().toFloatArray());
        assertEquals(List.of(device, device), wrong.devices);
    }

    @Test
    void everyOperationAgreesWithPyTorch() {
        ReferenceNode ops = ReferenceFiles.operations();
        assertEquals(16, ops.names().size());
        for (String name : ops.names()) {
            GradientTable table = ReferenceOps.compare(name, ops.child(name), manager, TOLERANCE);
            table.assertApproximate();
            int gradients = ops.child(name).child("grad_inputs").names().size();
            assertEquals(1 + gradients, table.rows().size(), name);
        }
    }
}
