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
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.djlext.autograd.Autograd;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.internal.NativeHooks;
import org.djlext.testing.Gradients;
import org.djlext.testing.ResidentMemory;
import org.djlext.torch.ops.Recorded;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every elementary operation. */
class ElementaryOpsTest {

    private static final Map<String, UnaryOperator<NDArray>> LAYOUTS =
            Map.of(
                    "transposed", ElementaryOpsTest::transposed,
                    "with gaps", ElementaryOpsTest::withGaps,
                    "expanded", ElementaryOpsTest::expanded);
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
        NDArray upstream = Gradients.upstream(op.engine(inputs));
        NDList want = Gradients.run(op::engine, inputs, upstream);
        Gradients.compare(Gradients.run(op::manual, inputs, upstream), want, TIGHT)
                .assertApproximate();
        GradientTable twin =
                Gradients.compare(Gradients.run(op::wrong, inputs, upstream), want, TIGHT);
        assertTrue(twin.rows().get(0).approximate(), "the twin's forward is right");
        assertThrows(AssertionError.class, twin::assertApproximate);
    }

    /** Compares with the engine's float64, at inputs that are halves. */
    private void assertCloseInAllTypes(OpCase op, Function<NDList, NDArray> function) {
        NDList halves = Gradients.toType(op.inputs().apply(manager), DataType.FLOAT16);
        NDList inputs = Gradients.toType(halves, DataType.FLOAT64);
        NDArray upstream = Gradients.upstream(op.engine(inputs)).toType(DataType.FLOAT16, true);
        NDList want = Gradients.run(op::engine, inputs, upstream.toType(DataType.FLOAT64, true));
        Map<DataType, Double> tolerances =
                Map.of(DataType.FLOAT64, 1e-9, DataType.FLOAT32, 1e-5, DataType.FLOAT16, 1e-2);
        tolerances.forEach(
                (type, tolerance) -> {
                    NDArray dy = upstream.toType(type, true);
                    NDList got = Gradients.run(function, Gradients.toType(halves, type), dy);
                    got.stream()
                            .filter(Objects::nonNull)
                            .forEach(array -> assertEquals(type, array.getDataType()));
                    Gradients.compare(
                                    Gradients.toType(got, DataType.FLOAT64),
                                    want,
                                    new Tolerance(tolerance, tolerance))
                            .assertApproximate();
                });
    }

    @ParameterizedTest
    @MethodSource("org.djlext.nn.OpCases#all")
    void smallerTypesAreCloseToDouble(OpCase op) {
        assertCloseInAllTypes(op, op::manual);
    }

    /** bfloat16 has 8 bits, and ends where float32 does. DJL does not know it, but can hold it. */
    @ParameterizedTest
    @MethodSource("org.djlext.nn.OpCases#all")
    void bfloat16IsCloseToDouble(OpCase op) {
        NDList exact = new NDList();
        op.inputs().apply(manager).forEach(x -> exact.add(inBrain(x, Recorded::wide)));
        NDList inputs = Gradients.toType(exact, DataType.FLOAT64);
        NDArray y = op.engine(inputs);
        NDArray upstream = Recorded.wide(brain(Gradients.upstream(y)));
        NDArray dy = upstream.toType(DataType.FLOAT64, true);
        NDList got =
                Gradients.run(
                        in -> {
                            NDList halves = new NDList();
                            in.forEach(x -> halves.add(inBrain(x, half -> half)));
                            return Autograd.cast(op.manual(halves), DataType.FLOAT64);
                        },
                        inputs,
                        dy);
        Gradients.compare(got, Gradients.run(op::engine, inputs, dy), new Tolerance(2e-2, 2e-2))
                .assertApproximate();
    }

    private static NDArray inBrain(NDArray x, UnaryOperator<NDArray> function) {
        return x.getDataType().isFloating() ? function.apply(brain(x)) : x;
    }

    private static NDArray brain(NDArray x) {
        return Autograd.cast(x, DataType.BFLOAT16);
    }

    /** By its kernels where it has some. */
    @ParameterizedTest
    @MethodSource("org.djlext.nn.OpCases#all")
    void engineComputesTheSameWithoutTheRule(OpCase op) {
        int nodes = NativeHooks.liveNodes();
        try (Autograd.Scope engine = Autograd.engineGradients()) {
            assertCloseInAllTypes(
                    op,
                    in -> {
                        NDArray y = op.manual(in);
                        assertEquals(nodes, NativeHooks.liveNodes(), "the rule was used");
                        return y;
                    });
        }
    }

    @ParameterizedTest
    @MethodSource("org.djlext.nn.OpCases#all")
    void engineHasTheSameOutputs(OpCase op) {
        NDList inputs = op.inputs().apply(manager);
        Engine.getInstance().setRandomSeed(42);
        NDList want = op.function().apply(inputs);
        try (Autograd.Scope engine = Autograd.engineGradients()) {
            Engine.getInstance().setRandomSeed(42);
            NDList got = op.function().apply(inputs);
            assertEquals(want.size(), got.size());
            GradientTable table = new GradientTable(new Tolerance(1e-10, 1e-10));
            for (int k = 0; k < want.size(); k++) {
                table.compare("output " + k, got.get(k), want.get(k));
            }
            table.assertApproximate();
        }
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
        NDList inputs = Gradients.toType(op.inputs().apply(manager), DataType.FLOAT32);
        steps(op, inputs, steps / 2);
        // The compiler of the JVM and the allocator take memory too, now and then. A leak takes it
        // every time: one array a step is 500 bytes or more a step.
        double grown = Double.POSITIVE_INFINITY;
        for (int attempt = 0; attempt < 10 && grown > steps * 400e-6; attempt++) {
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
            NDList leaves = Gradients.leaves(inputs);
            leaves.attach(sub);
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                NDArray loss = op.function().apply(leaves).get(0).sum();
                if (backward) {
                    collector.backward(loss);
                }
            }
        }
    }

    static Stream<Arguments> layouts() {
        // Dropout draws one number after the other, wherever they go.
        return OpCases.all()
                .filter(op -> !op.name().contains("ropout"))
                .flatMap(op -> LAYOUTS.keySet().stream().map(layout -> Arguments.of(op, layout)));
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("layouts")
    void layoutInMemoryChangesNothing(OpCase op, String layout) {
        UnaryOperator<NDArray> relaid = Objects.requireNonNull(LAYOUTS.get(layout));
        NDList strided = new NDList();
        op.inputs().apply(manager).forEach(x -> strided.add(x == null ? null : relaid.apply(x)));
        NDList inputs = new NDList();
        strided.forEach(x -> inputs.add(x == null ? null : rows(x)));
        NDArray dy = rows(relaid.apply(Gradients.upstream(op.engine(inputs))));
        NDArray stridedDy = layout.equals("expanded") ? dy : relaid.apply(dy);
        NDList want = Gradients.run(op::manual, inputs, dy);
        compareStrided(want, Gradients.run(op::manual, strided, stridedDy));
        try (Autograd.Scope engine = Autograd.engineGradients()) {
            compareStrided(want, Gradients.run(op::manual, strided, stridedDy));
        }
    }

    private static void compareStrided(NDList want, NDList got) {
        Gradients.compare(got, want, new Tolerance(1e-10, 1e-10)).assertApproximate();
    }

    private static NDArray rows(NDArray x) {
        NDArray values = x.toType(DataType.FLOAT64, false);
        return x.getManager()
                .create(values.toDoubleArray(), x.getShape())
                .toType(x.getDataType(), true);
    }

    private static NDArray transposed(NDArray x) {
        return rows(x.transpose()).transpose();
    }

    private static NDArray withGaps(NDArray x) {
        NDArray wide = NDArrays.stack(new NDList(x, x.zerosLike()), x.getShape().dimension());
        return wide.get("..., 0");
    }

    /** The first of the leading axis, again and again without memory of their own. */
    private static NDArray expanded(NDArray x) {
        Shape shape = x.getShape();
        return shape.dimension() == 0 ? x : x.get("0:1").broadcast(shape);
    }
}
