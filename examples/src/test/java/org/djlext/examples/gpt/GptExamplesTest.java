/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.gpt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.djlext.makemore.gpt.Texts;
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
        assertEquals(result.chance(), result.loss(), 1);
    }

    /** The lecture's examples, and its loss of 4.8786, from its seed. */
    @Test
    void tinyShakespeareHoldsTheLecturesExamples() {
        Optional<Path> file = Texts.TINY_SHAKESPEARE.findLocal();
        assumeTrue(file.isPresent(), "set MAKEMORE_DATA to a folder with tinyshakespeare.txt");
        TextBasics.Result result = TextBasics.run(Texts.read(file.orElseThrow()), out);
        assertEquals(65, result.vocabulary());
        assertEquals(List.of(18L, 47L, 56L, 57L, 58L, 1L, 15L, 47L, 58L), result.firstBlock());
        assertEquals("when the input is [24, 43, 58] the target is 5", result.examples().get(2));
        assertEquals("when the input is [52, 58, 1] the target is 58", result.examples().get(18));
        assertEquals(4.17, result.chance(), 0.01);
        assertEquals(4.8786, result.loss(), 1e-4);
    }
}
