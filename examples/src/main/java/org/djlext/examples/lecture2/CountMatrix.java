/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture2;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.djlext.examples.lecture.Output;
import org.djlext.examples.plot.ColorMap;
import org.djlext.examples.plot.MatrixPicture;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.model.BigramCounts;

/**
 * The counts as a matrix, N[first, second]: with two tokens for start and end, whose matrix has a
 * row and a column of zeros, and with one, '.', for both.
 */
final class CountMatrix {

    private static final String LETTERS = CharVocabulary.LETTERS.characters().substring(1);
    private static final int CELL = 40;

    private CountMatrix() {}

    static void run(Output out, List<String> names) {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray two = withTwoTokens(manager, names);
            float afterEnd = two.sum(new int[] {1}).getFloat(27);
            float beforeStart = two.sum(new int[] {0}).getFloat(26);
            long wasted = (long) (afterEnd + beforeStart);
            out.line(
                    "%s: row %s and column %s add up to %d",
                    two.getShape(), DictionaryCounts.END, DictionaryCounts.START, wasted);
            out.image(
                    "counts_plain",
                    MatrixPicture.of(two)
                            .optCellSize(12)
                            .optAxisNames("first character, by its index", "second character")
                            .draw());
            out.image("counts_28x28", annotated(two, CountMatrix::token));

            NDArray n =
                    BigramCounts.of(manager, names, CharVocabulary.LETTERS, 0).counts(); // (27, 27)
            out.line("%s: the sum is %.0f bigrams", n.getShape(), n.sum().getFloat());
            int[] firstRow = n.get(0).toType(DataType.INT32, false).toIntArray();
            out.line(
                    "the first row, how many names start with a, b, ...: %s",
                    Arrays.toString(firstRow));
            out.image("counts_27x27", annotated(n, CharVocabulary.LETTERS::character));
        }
    }

    private static BufferedImage annotated(NDArray counts, IntFunction<String> label) {
        int[] n = counts.toType(DataType.INT32, false).toIntArray();
        int size = (int) counts.getShape().get(0);
        return MatrixPicture.of(counts)
                .optColors(ColorMap.BLUES)
                .optCellSize(CELL)
                .optAxes(false)
                .optText(
                        (i, j) ->
                                List.of(
                                        label.apply(i) + label.apply(j),
                                        Integer.toString(n[i * size + j])))
                .draw();
    }

    // The lecture's first order: a to z, the start, the end.
    private static NDArray withTwoTokens(NDManager manager, List<String> names) {
        float[] n = new float[28 * 28];
        for (String name : names) {
            List<String> tokens = DictionaryCounts.tokens(name);
            for (int i = 0; i + 1 < tokens.size(); i++) {
                n[index(tokens.get(i)) * 28 + index(tokens.get(i + 1))]++;
            }
        }
        return manager.create(n, new Shape(28, 28));
    }

    private static int index(String token) {
        return switch (token) {
            case DictionaryCounts.START -> 26;
            case DictionaryCounts.END -> 27;
            default -> LETTERS.indexOf(token);
        };
    }

    private static String token(int index) {
        return switch (index) {
            case 26 -> DictionaryCounts.START;
            case 27 -> DictionaryCounts.END;
            default -> LETTERS.substring(index, index + 1);
        };
    }
}
