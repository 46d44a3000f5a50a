/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture2;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import org.djlext.examples.lecture.Output;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.model.BigramCounts;

/**
 * Dividing each row of a matrix by its sum, right and wrong. Shapes are put below each other from
 * the right; where two sizes differ one of them must be 1 or missing, and is stretched.
 *
 * <pre>
 * N                27 27        N          27 27
 * sum, axis kept   27  1        sum           27      stands for 1 27: a row, not a column
 * N / sum          27 27        N / sum    27 27
 * </pre>
 *
 * <p>Both are legal, and the wrong one divides columns. To look at the sums does not help: those of
 * rows and columns of N are the same, because each character in a name is once the second of a
 * bigram and once the first.
 */
final class Broadcasting {

    private Broadcasting() {}

    static void run(Output out, List<String> names) {
        int[] rows = {1}; // a sum over axis 1 runs along a row
        int[] columns = {0};
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray n = BigramCounts.of(manager, names, CharVocabulary.LETTERS, 0).counts();
            // A letter that no name has gives 0/1 and not 0/0.
            NDArray kept = n.sum(rows, true).maximum(1); // (27, 1)
            NDArray dropped = n.sum(rows).maximum(1); // (27)
            out.line("N %s, its sum %.0f", n.getShape(), n.sum().getFloat());
            out.line("sum over axis 0, kept: %s", n.sum(columns, true).getShape());
            out.line("sum over axis 1, kept: %s; dropped: %s", kept.getShape(), dropped.getShape());
            NDArray differ = n.sum(rows).sub(n.sum(columns)).abs().max();
            out.line("sums of rows and of columns differ by %.0f", differ.getFloat());

            NDArray right = n.div(kept); // (27, 27) / (27, 1)
            NDArray wrong = n.div(dropped); // (27, 27) / (1, 27)
            out.line("N / kept:    row 0 adds up to %.4f", right.sum(rows).getFloat(0));
            out.line("N / dropped: row 0 adds up to %.4f", wrong.sum(rows).getFloat(0));
            out.line("             column 0 to %.4f", wrong.sum(columns).getFloat(0));

            NDArray same = n.divi(kept); // no second matrix is made
            boolean inPlace = same == n && n.contentEquals(right);
            out.line("divided in place, N is now the same as N / kept: %s", inPlace);
        }
    }
}
