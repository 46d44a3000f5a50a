/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture2;

import static org.djlext.testing.Failures.assertContains;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.djlext.examples.lecture.Printed;
import org.djlext.makemore.data.Names;
import org.junit.jupiter.api.Test;

/** The first half of the lecture: counting. On its names where they are here. */
class CountingExamplesTest {

    private final Printed out = new Printed();

    static List<String> realNames() {
        Optional<Path> file = Names.LECTURES.findLocal();
        assumeTrue(file.isPresent(), "names.txt is not here; name its folder in MAKEMORE_DATA");
        return Names.read(file.get());
    }

    @Test
    void namesAreThoseOfTheLecture() {
        ReadingNames.run(out, realNames());
        assertContains(
                out.text(),
                "32033 names of 2 to 15 characters\n",
                "pairs within emma: em mm ma\n",
                "with start and end: <S>e em mm ma a<E>\n",
                "bigrams in all names: 228146\n");
    }

    @Test
    void dictionaryHasTheLecturesCounts() {
        DictionaryCounts.run(out, realNames());
        assertContains(
                out.text(), "a<E>=3", "most common:  [n<E>=6763, a<E>=6640, an=5438, <S>a=4410,");
        assertTrue(out.text().matches("(?s).*least common: \\[([a-z]{2}=1(, |]\n)){10}"));
    }

    @Test
    void dictionaryOfThreeNamesCanBeCountedByHand() {
        DictionaryCounts.run(out, List.of("emma", "olivia", "ava"));
        assertContains(out.text(), "14 different bigrams\n", "most common:  [a<E>=3, ");
    }

    @Test
    void tensorsHaveTheirTypes() {
        TensorBasics.run(out);
        assertContains(
                out.text(),
                "zeros of shape (3, 5) have type float32\n",
                "as a number: 2\n",
                "from long[]: int64; from float[]: float32\n");
    }

    @Test
    void matrixWastesARowAndAColumnWithTwoTokens() {
        CountMatrix.run(out, realNames());
        assertContains(
                out.text(),
                "(28, 28): row <E> and column <S> add up to 0\n",
                "(27, 27): the sum is 228146 bigrams\n",
                "start with a, b, ...: [0, 4410, 1306, 1542, 1690, ");
    }

    @Test
    void drawsAreTheLectures() {
        SamplingNames.draws(out, Names.embedded());
        assertEquals(1, out.number("their sum"), 1e-6);
        assertContains(
                out.text(),
                "divided by their sum: [0.60637",
                "20 draws: [1, 1, 2, 0, 0, 2, 1, 1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1]\n");
        double[] p = {0.6064, 0.3033, 0.0903};
        int[] counts = list("how often in 1000 more");
        for (int i = 0; i < 3; i++) {
            assertEquals(1000 * p[i], counts[i], 60); // four standard deviations
        }
        int[] drawn = list("3 draws without replacement");
        assertEquals("[0, 1, 2]", Arrays.toString(Arrays.stream(drawn).sorted().toArray()));
    }

    private int[] list(String line) {
        String list = out.values(line).findFirst().orElseThrow().toString();
        return Arrays.stream(list.replaceAll("[\\[\\]]", "").split(", ", -1))
                .mapToInt(Integer::parseInt)
                .toArray();
    }

    @Test
    void sampledNamesAreTheLectures() {
        SamplingNames.run(out, realNames(), new BigramSettings());
        assertContains(
                out.text(),
                "from the counts: mor. axx. minaymoryles. kondlaisah. anchshizarie. ",
                "after .: drew 13, m, of probability 0.0792\n");
        // On average 27 characters to the first '.', which the counts have after 7.
        String uniform = out.values("from probabilities of 1/27").findFirst().orElseThrow() + "";
        assertTrue(uniform.length() > 110, uniform);
    }

    @Test
    void broadcastingGoesWrongAsInTheLecture() {
        Broadcasting.run(out, realNames());
        assertEquals(228146, out.number("its sum"));
        assertContains(out.text(), "sum over axis 1, kept: (27, 1); dropped: (27)\n");
        assertEquals(0, out.number("sums of rows and of columns differ"));
        assertEquals(1, out.number("N / kept: "), 1e-6);
        assertEquals(7.0225, out.number("N / dropped: "), 5e-5);
        assertEquals(1, out.number("   column 0"), 1e-6);
        assertContains(out.text(), "N is now the same as N / kept: true\n");
    }

    @Test
    void lossesAreTheLectures() {
        LossOfCounts.run(out, realNames(), new BigramSettings());
        assertEquals(-38.7856, out.numbers("log likelihood ").get(0), 5e-5);
        assertEquals(16, out.numbers("nll / ").get(0));
        assertEquals(2.4241, out.number("nll / "), 5e-5);
        assertEquals(-559891.75f, out.number("log likelihood of all"));
        assertEquals(2.4540145, out.number("loss                  "), 5e-8);
        assertEquals(3.0391, out.number("loss of andrej "), 5e-5);
        assertEquals(Double.POSITIVE_INFINITY, out.number("loss of andrejq"));
        assertEquals(3.4834, out.number("  with one fake count "), 5e-5);
        List<Double> smoothed = out.numbers(" fake counts: loss"); // how many, and the loss
        assertEquals(2.4545768, smoothed.get(3), 5e-8);
        for (int i = 3; i < smoothed.size(); i += 2) {
            assertTrue(smoothed.get(i) > smoothed.get(i - 2));
        }
        double uniform = out.number("all characters as likely");
        assertTrue(smoothed.get(9) < uniform);
        assertEquals(Math.log(27), uniform, 1e-6);
        assertTrue(out.number("names is 0 in a double") < 100);
        assertContains(out.text(), "  jq was never counted\n");
    }

    @Test
    void tablesOfLongerContextsAreNearlyEmpty() {
        ContextGrowth.run(out, List.of("ab", "abc"));
        assertEquals(List.of(1.0, 27.0, 4.0), out.numbers("1 characters").subList(0, 3)); // . a b c
        assertEquals(List.of(2.0, 729.0, 4.0), out.numbers("2 characters").subList(0, 3));
        assertEquals(14_348_907, out.numbers("5 characters").get(1));
    }
}
