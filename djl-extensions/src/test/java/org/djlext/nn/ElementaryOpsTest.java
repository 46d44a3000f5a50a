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
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.GradientCollector;
import java.io.IOException;
import java.util.function.Function;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.internal.NativeHooks;
import org.djlext.testing.FiniteDifferences;
import org.djlext.testing.ResidentMemory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every elementary operation. */
class ElementaryOpsTest {

    private static final Tolerance TIGHT = new Tolerance(1e-9, 1e-12);

    private NDManager manager;
    private int nodesBefore;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
        nodesBefore = NativeHooks.liveNodes();
        Engine.getInstance().setRandomSeed(7);
    }

    @AfterEach
    void close() {
        manager.close();
        assertEquals(nodesBefore, NativeHooks.liveNodes(), "nodes left behind");
    }

    @ParameterizedTest
    @MethodSource("org.djlext.nn.OpCases#all")
    void agreesWithTheEngineAndItsTwinDoesNot(OpCase op) {
        NDList inputs = op.inputs().apply(manager);
        NDArray upstream = OpCase.upstream(op.engine(inputs));
        NDList want = OpCase.run(op::engine, inputs, upstream);
        OpCase.compare(OpCase.run(op::manual, inputs, upstream), want, TIGHT).assertApproximate();
        GradientTable twin = OpCase.compare(OpCase.run(op::wrong, inputs, upstream), want, TIGHT);
        assertTrue(twin.rows().get(0).approximate(), "the twin's forward is right");
        assertThrows(AssertionError.class, twin::assertApproximate);
    }

    @ParameterizedTest
    @MethodSource("org.djlext.nn.OpCases#all")
    void agreesWithFiniteDifferencesAndItsTwinDoesNot(OpCase op) {
        NDList inputs = op.inputs().apply(manager);
        NDArray upstream = OpCase.upstream(op.manual(inputs));
        NDList manual = OpCase.run(op::manual, inputs, upstream);
        NDList wrong = OpCase.run(op::wrong, inputs, upstream);
        GradientTable right = new GradientTable(new Tolerance(1e-6, 1e-7));
        GradientTable twin = new GradientTable(new Tolerance(1e-6, 1e-7));
        for (int i = 0; i < inputs.size(); i++) {
            if (!inputs.get(i).getDataType().isFloating()) {
                continue;
            }
            int at = i;
            Function<NDArray, NDArray> loss =
                    v -> {
                        NDList changed = new NDList(inputs);
                        changed.set(at, v);
                        return op.manual(changed).mul(upstream).sum();
                    };
            NDArray numeric = FiniteDifferences.gradient(inputs.get(i), loss);
            right.compare("d" + i, manual.get(i + 1), numeric);
            twin.compare("d" + i, wrong.get(i + 1), numeric);
        }
        right.assertApproximate();
        assertThrows(AssertionError.class, twin::assertApproximate);
    }

    @ParameterizedTest
    @MethodSource("org.djlext.nn.OpCases#all")
    void floatAndHalfAreCloseToDouble(OpCase op) {
        NDList halves = toType(op.inputs().apply(manager), DataType.FLOAT16);
        NDList inputs = toType(halves, DataType.FLOAT64);
        NDArray upstream = toType(OpCase.upstream(op.engine(inputs)), DataType.FLOAT16);
        NDList want = OpCase.run(op::engine, inputs, toType(upstream, DataType.FLOAT64));
        for (DataType type : new DataType[] {DataType.FLOAT32, DataType.FLOAT16}) {
            NDList got = OpCase.run(op::manual, toType(halves, type), toType(upstream, type));
            got.stream().filter(a -> a != null).forEach(a -> assertEquals(type, a.getDataType()));
            double tolerance = type == DataType.FLOAT32 ? 1e-5 : 1e-2;
            OpCase.compare(toType(got, DataType.FLOAT64), want, new Tolerance(tolerance, tolerance))
                    .assertApproximate();
        }
    }

    private static NDList toType(NDList arrays, DataType type) {
        NDList result = new NDList();
        for (NDArray array : arrays) {
            boolean floating = array != null && array.getDataType().isFloating();
            result.add(floating ? toType(array, type) : array);
        }
        return result;
    }

    private static NDArray toType(NDArray array, DataType type) {
        return array.toType(type, true);
    }

    @ParameterizedTest
    @MethodSource("org.djlext.nn.OpCases#all")
    void outputsBelongToTheInputsAndNothingToTheParameters(OpCase op) {
        NDList inputs = op.inputs().apply(manager);
        int before = manager.getManagedArrays().size(); // those of batch included
        try (NDManager batch = manager.newSubManager()) {
            inputs.get(0).attach(batch);
            int outputs = op.function().apply(inputs).size();
            assertEquals(before + outputs, manager.getManagedArrays().size(), "the outputs");
        }
        assertEquals(before - 1, manager.getManagedArrays().size(), "all but the first input");
    }

    /** 3,000 steps each, or as many as {@code -Dorg.djlext.steps=100000} says. */
    @ParameterizedTest
    @MethodSource("org.djlext.nn.OpCases#all")
    void memoryStaysFlat(OpCase op) throws IOException {
        ResidentMemory.assumeKnown();
        int steps = Integer.getInteger("org.djlext.steps", 3_000);
        NDList inputs = toType(op.inputs().apply(manager), DataType.FLOAT32);
        steps(op, inputs, steps / 2);
        // The compiler of the JVM and the allocator take memory too, now and then. A leak takes it
        // every time: one array a step is 500 bytes or more a step.
        double grown = Double.POSITIVE_INFINITY;
        for (int attempt = 0; attempt < 3 && grown > steps * 400e-6; attempt++) {
            double before = ResidentMemory.mebibytes();
            steps(op, inputs, steps);
            grown = ResidentMemory.mebibytes() - before;
        }
        System.out.printf("%s: %.2f MiB more after %d steps%n", op, grown, steps);
        assertTrue(grown <= steps * 400e-6, op + " grew by " + grown + " MiB");
    }

    private void steps(OpCase op, NDList inputs, int steps) {
        for (int i = 0; i < steps; i++) {
            step(op, inputs, i % 10 != 0); // each tenth graph is dropped without backward
        }
    }

    private void step(OpCase op, NDList inputs, boolean backward) {
        try (NDManager sub = manager.newSubManager()) {
            NDList leaves = OpCase.leaves(inputs);
            leaves.attach(sub);
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                NDArray loss = op.function().apply(leaves).get(0).sum();
                if (backward) {
                    collector.backward(loss);
                }
            }
        }
    }
}
