/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture7;

import static org.djlext.testing.Failures.assertContains;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.djlext.examples.lecture.Printed;
import org.djlext.makemore.data.Texts;
import org.junit.jupiter.api.Test;

class GptExamplesTest {

    private final Printed out = new Printed();

    @Test
    void theFourVersionsOfAggregationAgree() {
        Aggregation.run(out);
        String text = out.text();
        assertContains(
                text,
                "ones @ b\n  [14.0000 16.0000 ]",
                "  [ 8.0000 11.0000 ]",
                // The means of the first one, two and three rows of b.
                """
                tril / row sums @ b
                  [ 2.0000  7.0000 ]
                  [ 4.0000  5.5000 ]
                  [ 4.6667  5.3333 ]
                """);
        assertEquals(3, text.lines().filter(line -> line.contains("allclose True")).count());
        assertEquals(3, out.numbers("allclose").stream().filter(d -> d < 1e-6).count());
        List<Double> variances = out.numbers("variance of q k^T");
        assertEquals(16, variances.get(0), 1.5);
        assertEquals(1, variances.get(2), 0.1);
        // PyTorch's, which the lecture prints.
        assertContains(
                text,
                "softmax\n  [ 0.1925  0.1426  0.2351  0.1426  0.2872 ]",
                "as much\n  [ 0.0326  0.0030  0.1615  0.0030  0.8000 ]");
    }

    @Test
    void theEmbeddedTextHoldsExamples() {
        TextBasics.run(Texts.embedded(), out);
        assertContains(out.text(), "THE LAMP AT CORRAN HEAD", "and back: true\n");
        int vocabulary = (int) out.numbers(" different ones: ").get(0).doubleValue();
        List<Double> losses = out.numbers("a table of bigrams");
        assertEquals(lossOfNormalTable(vocabulary), losses.get(0), 1e-5);
        assertEquals(Math.log(vocabulary), losses.get(1), 1e-12);
    }

    /** The mean of log(sum(exp(row))) - row[target] for rows of a table from the lecture's seed. */
    private double lossOfNormalTable(int size) {
        float[] table;
        try (NDManager manager = NDManager.newBaseManager()) {
            Engine.getInstance().setRandomSeed(1337);
            table =
                    manager.randomNormal(0, 1, new Shape(size, size), DataType.FLOAT32)
                            .toFloatArray();
        }
        List<MatchResult> examples = examples();
        assertEquals(32, examples.size());
        double loss = 0;
        for (MatchResult example : examples) {
            int row = size * Integer.parseInt(example.group(2));
            double sum = 0;
            for (int i = 0; i < size; i++) {
                sum += Math.exp(table[row + i]);
            }
            loss += Math.log(sum) - table[row + Integer.parseInt(example.group(3))];
        }
        return loss / examples.size();
    }

    /** Returns the examples of the batch, after those of the first block. */
    private List<MatchResult> examples() {
        return Pattern.compile("input is (\\[(?:\\d+, )*(\\d+)\\]) the target is (\\d+)\n")
                .matcher(out.text())
                .results()
                .skip(8)
                .toList();
    }

    /** The lecture's examples, and its loss of 4.8786, from its seed. */
    @Test
    void tinyShakespeareHoldsTheLecturesExamples() {
        Optional<Path> file = Texts.TINY_SHAKESPEARE.findLocal();
        assumeTrue(
                file.isPresent(),
                "tinyshakespeare.txt is not here; name its folder in MAKEMORE_DATA");
        TextBasics.run(Texts.read(file.orElseThrow().toString()), out);
        assertEquals(65, out.numbers(" different ones: ").get(0));
        assertContains(out.text(), "input is [18, 47, 56, 57, 58, 1, 15, 47] the target is 58\n");
        assertEquals("[24, 43, 58]", examples().get(2).group(1));
        assertEquals("5", examples().get(2).group(3));
        assertEquals("[52, 58, 1]", examples().get(18).group(1));
        assertEquals("58", examples().get(18).group(3));
        List<Double> losses = out.numbers("a table of bigrams");
        assertEquals(4.8786, losses.get(0), 1e-4);
        assertEquals(4.17, losses.get(1), 0.01);
    }
}
