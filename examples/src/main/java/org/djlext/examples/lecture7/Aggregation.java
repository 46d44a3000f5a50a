/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture7;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.djlext.examples.lecture.Lab;
import org.djlext.examples.lecture.Output;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.torch.RandomState;
import org.djlext.torch.ops.Transformers;

/**
 * How a position learns of those before it, in four versions: loops, a product with a triangular
 * matrix, softmax of masked zeros, and self-attention, in which the zeros become what a query and a
 * key have to say to each other.
 *
 * <pre>{@code java -cp "examples/target/makemore.jar:examples/target/lib/*" \
 *     org.djlext.examples.lecture7.Aggregation}</pre>
 */
public final class Aggregation {

    private static final int SEED = 1337;
    private static final int TOY_SEED = 42;
    private static final int SHARPER = 8;

    private Aggregation() {}

    /**
     * Prints the four versions.
     *
     * @param args none
     */
    public static void main(String... args) {
        run(Output.console());
    }

    static void run(Output out) {
        try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
            toy(manager, out);
            TorchGenerator generator = new TorchGenerator(SEED);
            NDArray x = generator.randn(manager, 4, 8, 2); // (B, T, C)
            NDArray loops = loops(x);
            difference("2, product with tril", loops, product(x), out);
            difference("3, masked softmax", loops, softmax(x), out);
            attention(manager, out);
            variances(manager, out);
            sharpness(manager, out);
        }
    }

    /** A triangle of ones sums what came so far; divided by its row sums, it takes the mean. */
    private static void toy(NDManager manager, Output out) {
        RandomState.seed(TOY_SEED);
        NDArray b =
                manager.randomInteger(0, 10, new Shape(3, 2), DataType.INT64)
                        .toType(DataType.FLOAT32, false);
        NDArray ones = manager.ones(new Shape(3, 3));
        NDArray triangle = triangle(manager, 3);
        NDArray mean = triangle.div(triangle.sum(new int[] {1}, true));
        print("b", b, out);
        print("ones @ b", ones.matMul(b), out);
        print("tril @ b", triangle.matMul(b), out);
        print("tril / row sums @ b", mean.matMul(b), out);
    }

    private static NDArray triangle(NDManager manager, int size) {
        NDArray t = manager.arange(size); // (T)
        return t.expandDims(1).gte(t.expandDims(0)).toType(DataType.FLOAT32, false); // (T, T)
    }

    /** Version 1: for each sequence and position, the mean of the rows up to it. */
    private static NDArray loops(NDArray x) {
        Shape shape = x.getShape();
        NDList means = new NDList();
        for (long b = 0; b < shape.get(0); b++) {
            for (long t = 0; t < shape.get(1); t++) {
                means.add(x.get(b + ", :" + (t + 1)).mean(new int[] {0})); // (C)
            }
        }
        return NDArrays.stack(means).reshape(shape);
    }

    /** Version 2: the same as one product, (T, T) @ (B, T, C). */
    private static NDArray product(NDArray x) {
        NDArray triangle = triangle(x.getManager(), (int) x.getShape().get(1));
        return triangle.div(triangle.sum(new int[] {1}, true)).matMul(x);
    }

    /** Version 3: affinities of zero, minus infinity for the future, softmax. */
    private static NDArray softmax(NDArray x) {
        int steps = (int) x.getShape().get(1);
        NDArray affinities = x.getManager().zeros(new Shape(steps, steps));
        return masked(affinities).softmax(1).matMul(x);
    }

    /** Sets what lies above the diagonal to minus infinity. */
    private static NDArray masked(NDArray affinities) {
        Shape shape = affinities.getShape();
        NDManager manager = affinities.getManager();
        NDArray past = triangle(manager, (int) shape.getLastDimension()).broadcast(shape);
        NDArray never = manager.full(shape, Float.NEGATIVE_INFINITY, DataType.FLOAT32);
        return NDArrays.where(past.eq(0), never, affinities);
    }

    /** Version 4: one head of self-attention. */
    private static void attention(NDManager manager, Output out) {
        TorchGenerator generator = new TorchGenerator(SEED);
        int channels = 32;
        int size = 16;
        NDArray x = generator.randn(manager, 4, 8, channels); // (B, T, C)
        double scale = 1 / Math.sqrt(channels);
        NDArray k = x.matMul(generator.randn(manager, channels, size).mul(scale)); // (B, T, hs)
        NDArray q = x.matMul(generator.randn(manager, channels, size).mul(scale)); // (B, T, hs)
        NDArray v = x.matMul(generator.randn(manager, channels, size).mul(scale)); // (B, T, hs)
        NDArray affinities = q.matMul(k.swapAxes(1, 2)).div(Math.sqrt(size)); // (B, T, T)
        NDArray wei = masked(affinities).softmax(2); // (B, T, T)
        print("wei of the first sequence", wei.get(0), out);
        difference(
                "4, attention beside the engine's kernel",
                wei.matMul(v),
                Transformers.scaledDotProductAttention(
                                q.expandDims(1), k.expandDims(1), v.expandDims(1), true)
                        .squeeze(1),
                out);
    }

    /** Why there is a factor of hs^-1/2: without it, q k^T has the variance hs. */
    private static void variances(NDManager manager, Output out) {
        TorchGenerator generator = new TorchGenerator(SEED);
        int size = 16;
        NDArray k = generator.randn(manager, 64, 32, size);
        NDArray q = generator.randn(manager, 64, 32, size);
        NDArray raw = q.matMul(k.swapAxes(1, 2));
        out.line(
                "variance of q k^T: %.2f, divided by the root of %d: %.2f",
                variance(raw), size, variance(raw.div(Math.sqrt(size))));
    }

    private static double variance(NDArray array) {
        return array.sub(array.mean()).square().mean().getFloat();
    }

    /** What a large variance does: softmax comes close to choosing one. */
    private static void sharpness(NDManager manager, Output out) {
        NDArray logits = manager.create(new float[] {0.1f, -0.2f, 0.3f, -0.2f, 0.5f});
        print("softmax", logits.softmax(0), out);
        print("softmax of 8 times as much", logits.mul(SHARPER).softmax(0), out);
    }

    private static void difference(String name, NDArray want, NDArray got, Output out) {
        out.line(
                "version %s: allclose %s, largest difference %.1e",
                name,
                want.allClose(got, 1e-5, 1e-6, false) ? "True" : "False",
                want.sub(got).abs().max().getFloat());
    }

    private static void print(String name, NDArray array, Output out) {
        out.line("%s", name);
        NDArray rows = array.reshape(-1, array.getShape().getLastDimension());
        for (long row = 0; row < rows.getShape().get(0); row++) {
            out.line("  [%s]", Lab.row("%7.4f ", rows.get(row)));
        }
    }
}
