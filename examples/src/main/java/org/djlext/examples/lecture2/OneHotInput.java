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
import java.util.Arrays;
import java.util.List;
import org.djlext.examples.lecture.Output;
import org.djlext.examples.plot.MatrixPicture;
import org.djlext.makemore.data.TorchGenerator;

/** Characters as input of a net: one-hot rows, one neuron, and 27 neurons. */
final class OneHotInput {

    private OneHotInput() {}

    /**
     * What came out.
     *
     * @param xs 0, 5, 13, 13, 1
     * @param ys 5, 13, 13, 1, 0
     * @param type the type of the one-hot, FLOAT32
     * @param shape its shape, (5, 27)
     * @param guessed its shape if the width is guessed from the largest of xs, (5, 14)
     * @param oneNeuron the shape of its product with (27, 1): (5, 1)
     * @param firing the output of neuron 13 for example 3
     * @param dot the same as a sum of products
     */
    record Result(
            List<Long> xs,
            List<Long> ys,
            DataType type,
            Shape shape,
            Shape guessed,
            Shape oneNeuron,
            float firing,
            float dot) {}

    static Result run(Output out, BigramSettings settings) {
        try (NDManager manager = NDManager.newBaseManager()) {
            Emma emma = Emma.in(manager);
            List<Long> xs = Arrays.stream(emma.xs().toLongArray()).boxed().toList();
            List<Long> ys = Arrays.stream(emma.ys().toLongArray()).boxed().toList();
            out.line("%s: xs %s", Emma.NAME, xs);
            out.line("      ys %s, both %s", ys, emma.xs().getDataType());

            // The engine makes FLOAT32 of it at once. Products with INT64 there would be none.
            NDArray xenc = emma.xs().oneHot(27); // (5, 27)
            out.line("one-hot: %s %s", xenc.getShape(), xenc.getDataType());
            int largest = (int) emma.xs().max().getLong();
            NDArray narrow = emma.xs().oneHot(largest + 1); // (5, 14)
            out.line("if its width were guessed from xs: %s", narrow.getShape());
            out.image(
                    "one_hot",
                    MatrixPicture.of(xenc)
                            .optAxisNames("example", "character, by its index")
                            .draw());

            TorchGenerator generator = new TorchGenerator(settings.seed());
            NDArray neuron = generator.randn(manager, 27, 1);
            Shape one = xenc.matMul(neuron).getShape();
            out.line("one neuron: (5, 27) @ (27, 1) is %s", one);
            NDArray w = new TorchGenerator(settings.seed()).randn(manager, 27, 27);
            NDArray outputs = xenc.matMul(w); // (5, 27)
            out.line("27 neurons: (5, 27) @ (27, 27) is %s", outputs.getShape());
            float firing = outputs.getFloat(3, 13);
            float dot = xenc.get(3).mul(w.transpose().get(13)).sum().getFloat();
            out.line("neuron 13 for example 3: %s; row times column: %s", firing, dot);
            return new Result(
                    xs,
                    ys,
                    xenc.getDataType(),
                    xenc.getShape(),
                    narrow.getShape(),
                    one,
                    firing,
                    dot);
        }
    }
}
