/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.djlext.examples.lecture1.Printed;
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
        ReadingNames.Result result = ReadingNames.run(out.output(), realNames());
        assertEquals(32033, result.count());
        assertEquals(2, result.shortest());
        assertEquals(15, result.longest());
        assertEquals(List.of("em", "mm", "ma"), result.inside());
        assertEquals(List.of("<S>e", "em", "mm", "ma", "a<E>"), result.framed());
        assertEquals(228146, result.examples());
    }

    @Test
    void dictionaryHasTheLecturesCounts() {
        DictionaryCounts.Result result = DictionaryCounts.run(out.output(), realNames());
        assertEquals(3, result.firstThree().get("a<E>"));
        assertEquals(
                List.of(
                        Map.entry("n<E>", 6763),
                        Map.entry("a<E>", 6640),
                        Map.entry("an", 5438),
                        Map.entry("<S>a", 4410)),
                result.mostCommon().subList(0, 4));
        assertEquals(1, result.all().get("qr"));
        assertEquals(1, result.all().get("dz"));
        assertEquals(41, result.all().get("bh"));
        assertEquals(175, result.all().get("aj"));
    }

    @Test
    void dictionaryOfThreeNamesCanBeCountedByHand() {
        DictionaryCounts.Result result =
                DictionaryCounts.run(out.output(), List.of("emma", "olivia", "ava"));
        assertEquals(14, result.all().size());
        assertEquals(result.all(), result.firstThree());
        assertEquals(Map.entry("a<E>", 3), result.mostCommon().get(0));
        assertTrue(out.text().contains("14 different bigrams\n"));
    }

    @Test
    void tensorsHaveTheirTypes() {
        TensorBasics.Result result = TensorBasics.run(out.output());
        assertEquals(DataType.FLOAT32, result.zeros());
        assertEquals(DataType.INT64, result.fromLongs());
        assertEquals(DataType.FLOAT32, result.fromFloats());
        assertEquals(2, result.element());
        assertEquals(2, result.sum());
    }

    @Test
    void matrixWastesARowAndAColumnWithTwoTokens() {
        CountMatrix.Result result = CountMatrix.run(out.output(), realNames());
        assertEquals(0, result.wasted());
        assertEquals(228146, result.total());
        assertEquals(List.of(0, 4410, 1306, 1542, 1690), result.firstRow().subList(0, 5));
    }

    @Test
    void drawsAreTheLectures() {
        DrawingNumbers.Result result = DrawingNumbers.run(out.output(), Names.embedded());
        assertEquals(1, result.rowSum(), 1e-6);
        float[] p = {0.6064f, 0.3033f, 0.0903f};
        for (int i = 0; i < 3; i++) {
            assertEquals(p[i], result.p().get(i), 5e-5);
            assertEquals(p[i], result.frequencies().get(i), 0.06); // four standard deviations
        }
        assertEquals(
                List.of(1, 1, 2, 0, 0, 2, 1, 1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1),
                result.twenty());
        assertEquals(List.of(0L, 1L, 2L), result.withoutReplacement().stream().sorted().toList());
    }

    @Test
    void sampledNamesAreTheLectures() {
        SamplingNames.Result result =
                SamplingNames.run(out.output(), realNames(), BigramSettings.lecture());
        assertEquals(
                List.of("mor.", "axx.", "minaymoryles.", "kondlaisah.", "anchshizarie."),
                result.bigram().subList(0, 5));
        assertTrue(out.text().contains("after .: drew 13, m, of probability 0.0792\n"));
        // On average 27 characters to the first '.', which the counts have after 7.
        int letters = result.uniform().stream().mapToInt(String::length).sum();
        assertTrue(letters > 100, "the uniform model drew " + letters + " characters");
    }

    @Test
    void broadcastingGoesWrongAsInTheLecture() {
        Broadcasting.Result result = Broadcasting.run(out.output(), realNames());
        assertEquals(228146, result.total());
        assertEquals(new Shape(27, 1), result.kept());
        assertEquals(new Shape(27), result.dropped());
        assertEquals(0, result.rowsAndColumnsDiffer());
        assertEquals(1, result.rightRow(), 1e-6);
        assertEquals(7.0225, result.wrongRow(), 5e-5);
        assertEquals(1, result.wrongColumn(), 1e-6);
        assertTrue(result.inPlace());
    }

    @Test
    void lossesAreTheLectures() {
        LossOfCounts.Result result =
                LossOfCounts.run(out.output(), realNames(), BigramSettings.lecture());
        assertEquals(16, result.firstThree().bigrams().size());
        assertEquals(-38.7856, result.firstThree().logLikelihood(), 5e-5);
        assertEquals(2.4241, result.firstThree().averageNll(), 5e-5);
        assertEquals(-559891.75f, result.allLogLikelihood());
        assertEquals(2.4540145, result.all(), 5e-8);
        assertEquals(3.0391, result.words().get(0), 5e-5);
        assertEquals(Double.POSITIVE_INFINITY, result.words().get(1));
        assertEquals(3.4834, result.smoothWords().get(1), 5e-5);
        assertEquals(2.4545768, result.smoothed().get(1), 5e-8);
        for (int i = 1; i < result.smoothed().size(); i++) {
            assertTrue(result.smoothed().get(i) > result.smoothed().get(i - 1));
        }
        assertTrue(result.smoothed().get(4) < result.uniform());
        assertEquals(Math.log(27), result.uniform(), 1e-6);
        assertTrue(result.namesUntilZero() < 100);
        assertTrue(out.text().contains("  jq was never counted\n"));
    }

    @Test
    void tablesOfLongerContextsAreNearlyEmpty() {
        List<ContextGrowth.Table> tables = ContextGrowth.run(out.output(), List.of("ab", "abc"));
        assertEquals(new ContextGrowth.Table(1, 27, 4), tables.get(0)); // . a b c
        assertEquals(new ContextGrowth.Table(2, 729, 4), tables.get(1)); // .. .a ab bc
        assertEquals(14_348_907, tables.get(4).rows());
    }

    @Test
    void thePageShowsWhatIsPrinted() throws IOException {
        List<String> names = realNames();
        SamplingNames.run(out.output(), names, BigramSettings.lecture());
        Broadcasting.run(out.output(), names);
        LossOfCounts.run(out.output(), names, BigramSettings.lecture());
        String page = Files.readString(Path.of("..", "docs", "bigram.md"));
        String counting = page.substring(page.indexOf("## Counting"), page.indexOf("## The net"));
        String[] blocks = counting.split("```\n", -1);
        int lines = 0;
        for (int i = 1; i < blocks.length; i += 2) {
            for (String line : blocks[i].lines().filter(l -> !l.equals("...")).toList()) {
                assertTrue(out.text().contains(line + "\n"), line);
                lines++;
            }
        }
        assertEquals(17, lines);
    }
}
