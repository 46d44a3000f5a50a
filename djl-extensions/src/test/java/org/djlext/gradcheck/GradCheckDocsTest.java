/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;
import org.junit.jupiter.api.Test;

/** The page about the checker prints what the checker prints. */
class GradCheckDocsTest {

    private static final String PAGE = page();

    private static String page() {
        try {
            return Files.readString(Path.of("..", "docs", "gradcheck.md"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** y = x W^T + b, whose bias gradient forgets the sum over the batch. */
    private static final class Linear extends AutogradFunction {

        @Override
        protected NDList forward(FunctionContext ctx, NDList inputs) {
            ctx.saveForBackward(inputs.get(0), inputs.get(1));
            NDArray weight = inputs.get(1);
            return new NDList(inputs.get(0).matMul(weight.transpose()).add(inputs.get(2)));
        }

        @Override
        protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
            NDList right = Rules.linearRule(gradOutputs.get(0), ctx.savedTensors());
            return new NDList(right.get(0), right.get(1), gradOutputs.get(0).get(0));
        }

        @Override
        protected List<String> inputNames() {
            return List.of("x", "weight", "bias");
        }
    }

    @Test
    void printsTheReportThatThePageShows() {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray x = manager.arange(15).toType(DataType.FLOAT64, false).reshape(5, 3).sin();
            NDArray weight = manager.arange(6).toType(DataType.FLOAT64, false).reshape(2, 3).cos();
            NDArray bias = manager.zeros(new Shape(2), DataType.FLOAT64);
            for (NDArray array : List.of(x, weight, bias)) {
                array.setRequiresGradient(true);
            }
            String report = new GradCheck().check(new Linear(), x, weight, bias).toString();
            Matcher block = Pattern.compile("```\n(Linear: .*?)```", Pattern.DOTALL).matcher(PAGE);
            assertTrue(block.find());
            // Lines are broken there, and the last digits of a difference depend on the machine.
            assertEquals(comparable(block.group(1)), comparable(report));
        }
    }

    private static String comparable(String text) {
        return text.strip().replaceAll("\\s+", " ").replaceAll("(\\.\\d{6})\\d+", "$1");
    }

    @Test
    void namesEveryCheck() {
        for (Check check : Check.values()) {
            assertTrue(PAGE.contains(check.toString()), check.toString());
        }
    }
}
