/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.djlext.autograd.Autograd;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Where the elements of an input or of a gradient lie in memory changes nothing. */
class StridedInputsTest {

    private static final Map<String, UnaryOperator<NDArray>> LAYOUTS =
            Map.of(
                    "transposed", StridedInputsTest::transposed,
                    "with gaps", StridedInputsTest::withGaps,
                    "expanded", StridedInputsTest::expanded);

    static Stream<Arguments> cases() {
        // Dropout draws one number after the other, wherever they go.
        return OpCases.all()
                .filter(op -> !op.name().contains("ropout"))
                .flatMap(op -> LAYOUTS.keySet().stream().map(layout -> Arguments.of(op, layout)));
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("cases")
    void computeTheSame(OpCase op, String layout) {
        UnaryOperator<NDArray> relaid = LAYOUTS.get(layout);
        try (NDManager manager = NDManager.newBaseManager()) {
            NDList strided = new NDList();
            op.inputs().apply(manager).forEach(x -> strided.add(x == null ? null : relaid.apply(x)));
            NDList inputs = new NDList();
            strided.forEach(x -> inputs.add(x == null ? null : rows(x)));
            NDArray dy = rows(relaid.apply(OpCase.upstream(op.engine(inputs))));
            NDArray stridedDy = layout.equals("expanded") ? dy : relaid.apply(dy);
            NDList want = OpCase.run(op::manual, inputs, dy);
            compare(want, OpCase.run(op::manual, strided, stridedDy));
            try (Autograd.Scope engine = Autograd.engineGradients()) {
                compare(want, OpCase.run(op::manual, strided, stridedDy));
            }
        }
    }

    private static void compare(NDList want, NDList got) {
        GradientTable table = new GradientTable(new Tolerance(1e-10, 1e-10));
        for (int i = 0; i < want.size(); i++) {
            if (want.get(i) != null) {
                table.compare(i == 0 ? "output" : "d" + (i - 1), got.get(i), want.get(i));
            }
        }
        table.assertApproximate();
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
