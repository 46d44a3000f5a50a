/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.testing.FiniteDifferences;
import org.djlext.torch.NativeHooks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every elementary operation. */
class ElementaryOpsTest {

    private static final Tolerance TIGHT = new Tolerance(1e-9, 1e-12);
    private static final Path STATUS = Path.of("/proc/self/status");

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

    private static GradientTable compare(NDList got, NDList want, Tolerance tolerance) {
        GradientTable table = new GradientTable(tolerance);
        for (int i = 0; i < want.size(); i++) {
            if (want.get(i) != null) {
                table.compare(i == 0 ? "output" : "d" + (i - 1), got.get(i), want.get(i));
            }
        }
        return table;
    }

    @ParameterizedTest
    @MethodSource("org.djlext.nn.OpCases#all")
    void agreesWithTheEngineAndItsTwinDoesNot(OpCase op) {
        NDList inputs = op.inputs().apply(manager);
        NDArray upstream = OpCase.upstream(op.engine(inputs));
        NDList want = OpCase.run(op::engine, inputs, upstream);
        compare(OpCase.run(op::manual, inputs, upstream), want, TIGHT).assertApproximate();
        GradientTable twin = compare(OpCase.run(op::wrong, inputs, upstream), want, TIGHT);
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
    @MethodSource("org.djlext.nn.OpCases#twiceDifferentiable")
    void secondDerivativesAreTheEngines(OpCase op) {
        NDList inputs = op.inputs().apply(manager);
        NDArray upstream = OpCase.upstream(op.engine(inputs));
        NDList want = second(op::engine, inputs, upstream);
        compare(second(op::manual, inputs, upstream), want, new Tolerance(1e-8, 1e-11))
                .assertApproximate();
    }

    /** The gradients of the sum of all squared gradients, plus the gradients themselves. */
    private NDList second(Function<NDList, NDArray> function, NDList inputs, NDArray upstream) {
        NDList leaves = OpCase.leaves(inputs);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            // Squared, so that the first gradients depend on the inputs for linear functions too.
            NDArray y = function.apply(leaves);
            PtNDArray loss = (PtNDArray) y.mul(y).mul(upstream).sum();
            JniUtils.backward(loss, (PtNDArray) manager.create(1.0), true, true);
            NDArray squares = manager.create(0.0);
            for (NDArray leaf : leaves) {
                if (leaf.getDataType().isFloating()) {
                    NDArray gradient = leaf.getGradient();
                    squares = squares.add(gradient.mul(gradient).sum());
                }
            }
            collector.backward(squares);
        }
        NDList results = new NDList();
        for (NDArray leaf : leaves) {
            results.add(leaf.getDataType().isFloating() ? leaf.getGradient().stopGradient() : null);
        }
        return results;
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
            compare(toType(got, DataType.FLOAT64), want, new Tolerance(tolerance, tolerance))
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
    void layoutOfTheInputsDoesNotMatter(OpCase op) {
        NDList inputs = op.inputs().apply(manager);
        NDArray upstream = OpCase.upstream(op.engine(inputs));
        NDList turned = new NDList();
        for (NDArray input : inputs) {
            NDArray backwards = input.transpose();
            // Written out in the order of the transposed array, and seen in that of the input.
            NDArray columns = backwards.flatten().reshape(backwards.getShape()).transpose();
            assertEquals(input, columns);
            turned.add(columns);
        }
        NDArray dy = upstream;
        if (upstream.getShape().dimension() > 1) {
            NDArray backwards = upstream.transpose();
            dy = backwards.flatten().reshape(backwards.getShape()).transpose();
        }
        NDList want = OpCase.run(op::manual, inputs, upstream);
        compare(OpCase.run(op::manual, turned, dy), want, TIGHT).assertApproximate();
    }

    @ParameterizedTest
    @MethodSource("org.djlext.nn.OpCases#all")
    void tenThousandStepsKeepMemoryFlat(OpCase op) throws IOException {
        assumeTrue(Files.exists(STATUS), "needs /proc/self/status");
        NDList inputs = toType(op.inputs().apply(manager), DataType.FLOAT32);
        double start = 0;
        for (int i = 1; i <= 10_000; i++) {
            try (NDManager sub = manager.newSubManager()) {
                NDList own = new NDList();
                for (NDArray input : inputs) {
                    NDArray copy = input.stopGradient();
                    copy.attach(sub);
                    if (input.getDataType().isFloating()) {
                        copy.setRequiresGradient(true);
                    }
                    own.add(copy);
                }
                try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                    NDArray loss = op.function().apply(own).get(0).sum();
                    if (i % 10 != 0) { // each tenth graph is dropped without backward
                        collector.backward(loss);
                    }
                }
            }
            if (i == 4_000) {
                start = residentMiB();
            }
        }
        double grown = residentMiB() - start;
        // To leak one scalar a step would be more than this, 6,000 times about 500 bytes.
        assertTrue(grown < 3, op + " grew by " + grown + " MiB");
    }

    /** Resident memory of this process in MiB. */
    private static double residentMiB() throws IOException {
        return Files.readAllLines(STATUS).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024)
                .findFirst()
                .orElseThrow();
    }
}
