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

    /**
     * What is in the matrices.
     *
     * @param total the sum of all counts, of either matrix; 228,146 in the lecture
     * @param wasted the sum of what follows the end and of what precedes the start; always 0
     * @param firstRow how many names start with each letter, after a 0: 0, 4410, 1306, 1542 in the
     *     lecture
     */
    record Result(long total, long wasted, List<Integer> firstRow) {}

    static Result run(Output out, List<String> names) {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray two = withTwoTokens(manager, names);
            float afterEnd = two.sum(new int[] {1}).getFloat(27);
            float beforeStart = two.sum(new int[] {0}).getFloat(26);
            long wasted = (long) (afterEnd + beforeStart);
            out.line(
                    "%s: row %s and column %s add up to %d",
                    two.getShape(), Tokens.END, Tokens.START, wasted);
            out.image(
                    "counts_plain",
                    MatrixPicture.of(two)
                            .optCellSize(12)
                            .optAxisNames("first character, by its index", "second character")
                            .draw());
            out.image("counts_28x28", annotated(two, CountMatrix::token));

            NDArray n =
                    BigramCounts.of(manager, names, CharVocabulary.LETTERS, 0).counts(); // (27, 27)
            long total = (long) n.sum().getFloat();
            out.line("%s: the sum is %d bigrams", n.getShape(), total);
            List<Integer> firstRow = ints(n.get(0));
            out.line("the first row, how many names start with a, b, ...: %s", firstRow);
            out.image("counts_27x27", annotated(n, CharVocabulary.LETTERS::character));
            return new Result(total, wasted, firstRow);
        }
    }

    /** The name of a row or column. */
    private interface Label {
        String of(int index);
    }

    private static BufferedImage annotated(NDArray counts, Label label) {
        int[] n = counts.toType(DataType.INT32, false).toIntArray();
        int size = (int) counts.getShape().get(0);
        return MatrixPicture.of(counts)
                .optColors(ColorMap.BLUES)
                .optCellSize(CELL)
                .optAxes(false)
                .optText(
                        (i, j) ->
                                List.of(
                                        label.of(i) + label.of(j),
                                        Integer.toString(n[i * size + j])))
                .draw();
    }

    // The lecture's first order: a to z, the start, the end.
    private static NDArray withTwoTokens(NDManager manager, List<String> names) {
        float[] n = new float[28 * 28];
        for (String name : names) {
            List<String> tokens = Tokens.split(name);
            for (int i = 0; i + 1 < tokens.size(); i++) {
                n[index(tokens.get(i)) * 28 + index(tokens.get(i + 1))]++;
            }
        }
        return manager.create(n, new Shape(28, 28));
    }

    private static int index(String token) {
        return switch (token) {
            case Tokens.START -> 26;
            case Tokens.END -> 27;
            default -> LETTERS.indexOf(token);
        };
    }

    private static String token(int index) {
        return switch (index) {
            case 26 -> Tokens.START;
            case 27 -> Tokens.END;
            default -> LETTERS.substring(index, index + 1);
        };
    }

    private static List<Integer> ints(NDArray array) {
        int[] values = array.toType(DataType.INT32, false).toIntArray();
        return Arrays.stream(values).boxed().toList();
    }
}
