/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import java.util.stream.Stream;
import org.djlext.autograd.Autograd;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.internal.NativeHooks;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every operation as the engine computes and differentiates it, by its kernels where it has some.
 */
class ByEngineTest extends ArrayTest {

    static Stream<OpCase> all() {
        return OpCases.all();
    }

    @ParameterizedTest
    @MethodSource("all")
    void isWhatForwardAndBackwardCompute(OpCase op) {
        NDList halves = toType(op.inputs().apply(manager), DataType.FLOAT16);
        NDList inputs = toType(halves, DataType.FLOAT64);
        NDArray upstream = OpCase.upstream(op.engine(inputs)).toType(DataType.FLOAT16, true);
        NDList want = OpCase.run(op::manual, inputs, upstream.toType(DataType.FLOAT64, true));
        for (DataType type :
                new DataType[] {DataType.FLOAT64, DataType.FLOAT32, DataType.FLOAT16}) {
            int nodes = NativeHooks.liveNodes();
            NDList got;
            try (Autograd.Scope engine = Autograd.engineGradients()) {
                NDArray dy = upstream.toType(type, true);
                got = OpCase.run(in -> withoutNodes(op, in, nodes), toType(halves, type), dy);
            }
            double tolerance =
                    type == DataType.FLOAT64 ? 1e-10 : type == DataType.FLOAT32 ? 1e-5 : 1e-2;
            GradientTable table = new GradientTable(new Tolerance(tolerance, tolerance));
            for (int i = 0; i < want.size(); i++) {
                if (want.get(i) != null) {
                    assertEquals(type, got.get(i).getDataType());
                    NDArray wide = got.get(i).toType(DataType.FLOAT64, true);
                    table.compare(i == 0 ? "output" : "d" + (i - 1), wide, want.get(i));
                }
            }
            table.assertApproximate();
        }
    }

    private static NDArray withoutNodes(OpCase op, NDList inputs, int nodes) {
        NDArray y = op.manual(inputs);
        assertEquals(nodes, NativeHooks.liveNodes(), "the rule was used");
        return y;
    }

    @ParameterizedTest
    @MethodSource("all")
    void hasTheSameOutputs(OpCase op) {
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

    private static NDList toType(NDList arrays, DataType type) {
        NDList result = new NDList();
        for (NDArray array : arrays) {
            result.add(array.getDataType().isFloating() ? array.toType(type, true) : array);
        }
        return result;
    }
}
