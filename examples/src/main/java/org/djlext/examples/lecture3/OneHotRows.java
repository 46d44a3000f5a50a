/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture3;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.util.Arrays;
import org.djlext.examples.lecture.Lab;
import org.djlext.makemore.data.TorchGenerator;

/**
 * Looking up row 5 of C is multiplying C by a row that is 1 at place 5: an embedding is a linear
 * layer without bias on one-hot rows, only that it skips the multiplications.
 */
public final class OneHotRows extends Lab {

    /** Creates the experiment. */
    public OneHotRows() {}

    @Override
    protected void run() {
        int characters = vocabSize();
        NDArray c = new TorchGenerator(seed(SEED)).randn(manager, characters, 2);
        NDArray all = manager.arange(characters).toType(DataType.INT64, false);
        // The multiplication takes floats; PyTorch's one_hot makes integers.
        NDArray products = all.oneHot(characters, DataType.FLOAT32).matMul(c);
        out.line("C[5]               %s", Arrays.toString(c.get(5).toFloatArray()));
        out.line("one_hot(5) @ C     %s", Arrays.toString(products.get(5).toFloatArray()));
        float difference = products.sub(c).abs().max().getFloat();
        out.line("largest difference over all rows: %s", difference);
    }
}
