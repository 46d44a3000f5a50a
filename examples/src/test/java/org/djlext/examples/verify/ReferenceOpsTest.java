/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.verify;

import static org.djlext.testing.Failures.assertFails;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.List;
import java.util.stream.Stream;
import org.djlext.gradcheck.GradientComparison;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.makemore.data.DataFileException;
import org.djlext.nn.CrossEntropyFunction;
import org.djlext.nn.Reduction;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The operations against wrong numbers, and files that cannot be used; OperationsOnGpuTest has
 * PyTorch's numbers.
 */
class ReferenceOpsTest extends ArrayTest {

    private static final Tolerance TIGHT = new Tolerance(1e-9, 1e-12);

    static Stream<String> names() {
        return ReferenceFiles.operations().names().stream();
    }

    @ParameterizedTest
    @MethodSource("names")
    void everyWrongNumberIsSeen(String name) {
        ReferenceNode op = ReferenceFiles.operations().child(name);
        // The last element of each expected tensor, off by a millionth.
        spoil(op.json().getAsJsonObject("output"));
        for (String input : op.child("grad_inputs").names()) {
            spoil(op.child("grad_inputs").child(input).json());
        }
        GradientTable table = ReferenceOps.compare(name, op, manager, TIGHT);
        for (GradientComparison row : table.rows()) {
            assertFalse(row.approximate(), row.toString());
        }
    }

    private static void spoil(JsonObject tensor) {
        if (tensor.get("data").isJsonArray()) {
            int last = tensor.getAsJsonArray("data").size() - 1;
            double value = tensor.getAsJsonArray("data").get(last).getAsDouble();
            tensor.getAsJsonArray("data").set(last, new JsonPrimitive(value * (1 + 1e-6) + 1e-6));
        } else {
            tensor.addProperty("data", tensor.get("data").getAsDouble() * (1 + 1e-6));
        }
    }

    @Test
    void wrongFunctionIsSeen() {
        ReferenceNode op = ReferenceFiles.operations().child("cross_entropy_label_smoothing_0.1");
        GradientTable table =
                ReferenceOps.compare(
                        List.of("logits", "y"),
                        in -> new CrossEntropyFunction(Reduction.MEAN, null).apply(in),
                        op,
                        manager,
                        TIGHT);
        assertEquals(2, table.rows().stream().filter(r -> !r.approximate()).count());
    }

    @Test
    void tensorsKeepTypeShapeAndValue() {
        ReferenceNode node =
                ReferenceNode.parse(
                        "f.json",
                        "{\"a\": {\"dtype\": \"float32\", \"shape\": [2, 2], \"data\": [[1, NaN],"
                                + " [-Infinity, 1e-3]]}, \"b\": {\"dtype\": \"int64\", \"shape\":"
                                + " [], \"data\": 7}, \"c\": {\"dtype\": \"float64\", \"shape\":"
                                + " [0, 3], \"data\": []}}");
        NDArray a = node.tensor("a", manager);
        assertEquals(DataType.FLOAT32, a.getDataType());
        assertEquals(new Shape(2, 2), a.getShape());
        assertEquals(Float.NEGATIVE_INFINITY, a.getFloat(1, 0));
        assertTrue(Float.isNaN(a.getFloat(0, 1)));
        assertEquals(1e-3f, a.getFloat(1, 1));
        assertEquals(manager.create(7L), node.tensor("b", manager));
        assertEquals(new Shape(0, 3), node.tensor("c", manager).getShape());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`dtype\": \"float64`|`dtype\": \"bfloat16`|`f.json: x.dtype must be one of"
                        + " float16, float32, float64, int32, int64, but is bfloat16`",
                "`[2, 2]`|`[2, 3]`|`f.json: x.data must be 6 numbers for the shape (2, 3), but is"
                        + " 4`",
                "`[2, 2]`|`[2, -2]`|`f.json: x: \"shape\" must be a whole number from 0, but is"
                        + " -2`",
                "`[2, 2]`|`4`|`f.json: x: \"shape\" must be a list, but is 4`",
                "`[1, 2,`|`[1, \"two\",`|`f.json: x.data must be a number, but is \"two\"`",
                "`float64`|`int64`|`f.json: x.data must be integers, but is 0.5`",
                "`\"data\"`|`\"date\"`|`f.json: x.data must be 4 numbers for the shape (2, 2),"
                        + " but is missing`",
                "`{\"x\": {`|`{\"z\": {`|`f.json: it must have \"x\", but has [z]`"
            })
    void badTensorsAreNamed(String part, String spoilt, String message) {
        String good =
                "{\"x\": {\"dtype\": \"float64\", \"shape\": [2, 2], \"data\": [1, 2, 3, 0.5]}}";
        assertEquals(4, ReferenceNode.parse("f.json", good).tensor("x", manager).size());
        ReferenceNode node = ReferenceNode.parse("f.json", good.replace(part, spoilt));
        assertFails(DataFileException.class, message, () -> node.tensor("x", manager).close());
    }

    @Test
    void functionThatGetsTooFewInputsIsNamed() {
        ReferenceNode op = ReferenceFiles.operations().child("linear");
        Exception e =
                assertThrows(
                        DataFileException.class,
                        () -> ReferenceOps.compare(List.of("x"), NDList::new, op, manager, TIGHT));
        assertEquals(
                "ops.json: ops.linear.grad_inputs.w is for no input; there are [x]", message(e));
    }

    private static String message(Exception e) {
        return String.valueOf(e.getMessage());
    }
}
