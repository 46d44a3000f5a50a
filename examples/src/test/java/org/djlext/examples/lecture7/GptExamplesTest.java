/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture7;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.djlext.makemore.data.Texts;
import org.junit.jupiter.api.Test;

class GptExamplesTest {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    @Test
    void theFourVersionsOfAggregationAgree() {
        Aggregation.Result result = Aggregation.run(out);
        List<Double> averages = List.of(2.0, 7.0, 4.0, 5.5, 14 / 3.0, 16 / 3.0);
        for (int i = 0; i < averages.size(); i++) {
            assertEquals(averages.get(i), result.averages().get(i).doubleValue(), 1e-5);
        }
        assertTrue(result.loopsToProduct() < 1e-6, result.toString());
        assertTrue(result.loopsToSoftmax() < 1e-6, result.toString());
        assertTrue(result.attentionToKernel() < 1e-6, result.toString());
        assertEquals(32, result.rows().size());
        result.rows().forEach(row -> assertEquals(1, row.doubleValue(), 1e-5));
        assertEquals(16, result.variances().get(0), 1.5);
        assertEquals(1, result.variances().get(1), 0.1);
        assertTrue(
                result.largest().get(0) < 0.3 && result.largest().get(1) > 0.7, result.toString());
        String text = bytes.toString(StandardCharsets.UTF_8);
        assertTrue(text.contains("ones @ b\n  [14.0000 16.0000 ]"), text);
        assertTrue(text.contains("[ 8.0000 11.0000 ]"), text);
        assertEquals(3, text.lines().filter(line -> line.contains("allclose True")).count());
    }

    @Test
    void theEmbeddedTextHoldsExamples() {
        TextBasics.Result result = TextBasics.run(Texts.embedded(), out);
        assertTrue(result.decoded().startsWith("THE LAMP AT CORRAN HEAD"));
        assertEquals(32, result.examples().size());
        assertEquals(Math.log(result.vocabulary()), result.chance(), 1e-12);
        assertEquals(lossOfNormalTable(result), result.loss(), 1e-5);
    }

    /** The mean of log(sum(exp(row))) - row[target] for rows of a table from the lecture's seed. */
    private static double lossOfNormalTable(TextBasics.Result result) {
        Pattern example = Pattern.compile("(\\d+)\\] the target is (\\d+)$");
        int size = result.vocabulary();
        float[] table;
        try (NDManager manager = NDManager.newBaseManager()) {
            Engine.getInstance().setRandomSeed(1337);
            table =
                    manager.randomNormal(0, 1, new Shape(size, size), DataType.FLOAT32)
                            .toFloatArray();
        }
        double loss = 0;
        for (String line : result.examples()) {
            Matcher matcher = example.matcher(line);
            assertTrue(matcher.find(), line);
            int row = size * Integer.parseInt(matcher.group(1));
            double sum = 0;
            for (int i = 0; i < size; i++) {
                sum += Math.exp(table[row + i]);
            }
            loss += Math.log(sum) - table[row + Integer.parseInt(matcher.group(2))];
        }
        return loss / result.examples().size();
    }

    /** The lecture's examples, and its loss of 4.8786, from its seed. */
    @Test
    void tinyShakespeareHoldsTheLecturesExamples() {
        Optional<Path> file = Texts.TINY_SHAKESPEARE.findLocal();
        assumeTrue(
                file.isPresent(),
                "tinyshakespeare.txt is not here; name its folder in MAKEMORE_DATA");
        TextBasics.Result result = TextBasics.run(Texts.read(file.orElseThrow().toString()), out);
        assertEquals(65, result.vocabulary());
        assertEquals(List.of(18L, 47L, 56L, 57L, 58L, 1L, 15L, 47L, 58L), result.firstBlock());
        assertEquals("when the input is [24, 43, 58] the target is 5", result.examples().get(2));
        assertEquals("when the input is [52, 58, 1] the target is 58", result.examples().get(18));
        assertEquals(4.17, result.chance(), 0.01);
        assertEquals(4.8786, result.loss(), 1e-4);
    }
}
