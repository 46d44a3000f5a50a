/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture2;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Contexts;
import org.djlext.makemore.data.Examples;

/**
 * The five examples that "emma" holds.
 *
 * @param xs the first character of each bigram, 0 5 13 13 1, of shape (5)
 * @param ys the second, 5 13 13 1 0, of shape (5)
 */
record Emma(NDArray xs, NDArray ys) {

    static final String NAME = "emma";

    static Emma in(NDManager manager) {
        Contexts examples = Contexts.of(List.of(NAME), 1, CharVocabulary.LETTERS);
        int n = examples.size();
        Examples.Batch all = examples.slice(manager, 0, n);
        return new Emma(all.x().reshape(n), all.y());
    }
}
