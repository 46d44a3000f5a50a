/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.List;
import org.djlext.autograd.AutogradFunction;
import org.junit.jupiter.api.Test;

/** Gradients and outputs of a wrong form, not finite, or not there at all, are rejected. */
class WrongFormTest extends KnownBadTest {

    @Test
    void wrongShape() {
        AutogradFunction f =
                Rules.linear(
                        (dy, s) -> {
                            NDList right = Rules.linearRule(dy, s);
                            return new NDList(right.get(0), right.get(1).transpose(), right.get(2));
                        });
        GradCheckFailure failure = failure(Check.GRADIENT_FORM, f, leaf(5, 3), leaf(4, 3), leaf(4));
        assertEquals(1, failure.input());
        assertEquals("input 1 (weight)", failure.inputName());
        assertTrue(
                failure.message()
                        .contains(
                                "Rule.backward: the gradient of input 1 (weight) must have shape"
                                        + " (4, 3), but has (3, 4)"),
                failure.message());
    }

    @Test
    void wrongType() {
        AutogradFunction f =
                Rules.square(
                        (dy, s) ->
                                new NDList(
                                        Rules.squareRule(dy, s)
                                                .get(0)
                                                .toType(DataType.FLOAT32, false)));
        GradCheckFailure failure = failure(Check.GRADIENT_FORM, f, leaf(3));
        assertEquals(0, failure.input());
        assertTrue(failure.message().contains("type float64, but has float32"));
    }

    @Test
    void wrongNumber() {
        AutogradFunction f = Rules.product((dy, s) -> new NDList(dy.mul(s.get(1))));
        GradCheckFailure failure = failure(Check.GRADIENT_FORM, f, leaf(3), leaf(3));
        assertEquals(-1, failure.input());
        assertTrue(failure.message().contains("Rule.backward returned 1 gradient for 2 inputs"));
    }

    @Test
    void notANumber() {
        AutogradFunction f =
                Rules.product(
                        (dy, s) -> {
                            // 0/0 where b is 0
                            NDArray da = dy.mul(s.get(1)).mul(s.get(1)).div(s.get(1));
                            return new NDList(da, dy.mul(s.get(0)));
                        });
        NDArray b = values(1, 0, 3);
        GradCheckFailure failure = failure(Check.GRADIENTS_FINITE, f, leaf(3), b);
        assertEquals(0, failure.input());
        assertEquals(List.of(1L), failure.index());
        assertEquals(
                "input 0 (a) of shape (3): the gradient is not finite; 1 of 3 elements, worst at"
                        + " [1]: NaN",
                failure.message());
        GradCheckFailure jacobian = failure(Check.JACOBIAN, f, leaf(3), b);
        assertEquals(List.of(1L), jacobian.index());
        assertTrue(Double.isNaN(jacobian.analytical()));
        JsonObject json =
                JsonParser.parseString(new GradCheck().check(f, leaf(3), b).toJson())
                        .getAsJsonObject();
        assertFalse(json.get("ok").getAsBoolean());
        JsonObject first = json.getAsJsonArray("failures").get(0).getAsJsonObject();
        assertEquals("GRADIENTS_FINITE", first.get("check").getAsString());
        assertEquals("NaN", first.get("analytical").getAsString());
        assertEquals(1, first.getAsJsonArray("index").get(0).getAsInt());
    }

    @Test
    void outputThatIsNotFinite() {
        GradCheckReport report =
                new GradCheck()
                        .check(in -> new NDList(in.get(0).log()), new NDList(values(1, 0, 2)));
        assertEquals(
                "outputs finite: output 0 is -Infinity at [1]",
                report.failures().get(0).toString());
    }

    @Test
    void outputsThatDependOnTheValueInTheirForm() {
        GradCheckReport report =
                new GradCheck()
                        .check(
                                in -> {
                                    boolean even = in.get(0).getDouble(0) == 1;
                                    NDArray y = in.get(0).mul(2);
                                    return new NDList(even ? y : y.reshape(1, -1));
                                },
                                new NDList(values(1, 2)));
        GradCheckFailure last = report.failures().get(report.failures().size() - 1);
        assertEquals(
                "outputs stable: when input 0 changes a little, output 0 has shape (1, 2) and type"
                        + " float64 instead of (2) and float64",
                last.toString());
        assertFalse(report.passed().contains(Check.JACOBIAN));
    }

    @Test
    void exceptions() {
        AutogradFunction backward =
                Rules.square(
                        (dy, s) -> {
                            throw new IllegalStateException("no rule");
                        });
        GradCheckFailure failure = failure(Check.BACKWARD, backward, leaf(3));
        assertTrue(failure.message().contains("Rule.backward threw"), failure.message());
        assertTrue(failure.message().contains("no rule"), failure.message());
        GradCheckReport report =
                new GradCheck()
                        .check(
                                in -> new NDList(in.get(0).matMul(in.get(0))),
                                new NDList(leaf(2, 3)));
        assertEquals(Check.FORWARD, report.failures().get(0).check());
        report = new GradCheck().check(in -> new NDList(in.get(0).argMax()), new NDList(leaf(3)));
        assertEquals(
                "forward: function returned no output of real floating type to differentiate",
                report.failures().get(0).toString());
    }
}
