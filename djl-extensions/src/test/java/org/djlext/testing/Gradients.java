/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.Iterator;
import java.util.function.Function;
import org.djlext.autograd.Autograd;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;

/** Outputs and gradients of functions of arrays, to be compared with one another. */
public final class Gradients {

    private static final double EPS = 1e-6;

    private Gradients() {}

    /** New leaves of the values of the inputs. */
    public static NDList leaves(NDList inputs) {
        NDList leaves = new NDList();
        for (NDArray input : inputs) {
            NDArray leaf = input.stopGradient();
            if (input.getDataType().isFloating()) {
                leaf.setRequiresGradient(true);
            }
            leaves.add(leaf);
        }
        return leaves;
    }

    /** The arrays of floating type, which have gradients. */
    public static NDList floating(NDList arrays) {
        return new NDList(arrays.stream().filter(x -> x.getDataType().isFloating()).toList());
    }

    /** The arrays, with others in the place of those of floating type. */
    public static NDList replaced(NDList arrays, NDList floating) {
        Iterator<NDArray> next = floating.iterator();
        return new NDList(
                arrays.stream().map(x -> x.getDataType().isFloating() ? next.next() : x).toList());
    }

    /** Returns the output and, for each input of floating type, the gradient, else null. */
    public static NDList run(Function<NDList, NDArray> function, NDList inputs, NDArray upstream) {
        NDList leaves = leaves(inputs);
        try (Autograd.Scope scope = Autograd.enableGrad()) {
            NDArray y = function.apply(leaves);
            NDArray dy = upstream.toType(y.getDataType(), false).broadcast(y.getShape());
            NDList found =
                    Autograd.grad(
                            new NDList(y), floating(leaves), new NDList(dy), false, false, false);
            NDList results = replaced(leaves, found);
            for (int i = 0; i < leaves.size(); i++) {
                if (!leaves.get(i).getDataType().isFloating()) {
                    results.set(i, null);
                }
            }
            results.add(0, y.stopGradient());
            return results;
        }
    }

    /** Compares what {@link #run} has returned twice. */
    public static GradientTable compare(NDList got, NDList want, Tolerance tolerance) {
        GradientTable table = new GradientTable(tolerance);
        for (int i = 0; i < want.size(); i++) {
            if (want.get(i) != null) {
                table.compare(i == 0 ? "output" : "d" + (i - 1), got.get(i), want.get(i));
            }
        }
        return table;
    }

    /**
     * Fails unless a function of arrays in float64 has the output and the gradients of another one,
     * in float32 too, and the gradients of finite differences.
     */
    public static void check(
            NDList inputs, Function<NDList, NDArray> function, Function<NDList, NDArray> plain) {
        assertSame(function, plain, inputs, new Tolerance(1e-12, 1e-13));
        NDList single = toType(inputs, DataType.FLOAT32);
        assertSame(function, plain, single, new Tolerance(1e-5, 1e-6));
        assertEquals(DataType.FLOAT32, function.apply(single).getDataType());
        assertEquals(plain.apply(inputs).getShape(), function.apply(inputs).getShape());
        NDArray upstream = upstream(function.apply(inputs));
        NDList gradients = run(function, inputs, upstream);
        gradients.set(0, null);
        NDList differences = differences(function, inputs, upstream);
        differences.add(0, null);
        compare(gradients, differences, new Tolerance(1e-6, 1e-8)).assertApproximate();
    }

    /** Fails unless a function has the output and the gradients of another. */
    public static void assertSame(
            Function<NDList, NDArray> function,
            Function<NDList, NDArray> other,
            NDList inputs,
            Tolerance tolerance) {
        NDArray upstream = upstream(other.apply(inputs));
        NDList want = run(other, inputs, upstream);
        compare(run(function, inputs, upstream), want, tolerance).assertApproximate();
    }

    /** The arrays of floating type in another one, and the others as they are. */
    public static NDList toType(NDList arrays, DataType type) {
        NDList result = new NDList();
        for (NDArray array : arrays) {
            boolean floating = array != null && array.getDataType().isFloating();
            result.add(floating ? array.toType(type, true) : array);
        }
        return result;
    }

    /** The gradients of the floating inputs, in float64, by finite differences, else null. */
    public static NDList differences(
            Function<NDList, NDArray> function, NDList inputs, NDArray upstream) {
        NDList gradients = new NDList();
        for (int i = 0; i < inputs.size(); i++) {
            int at = i;
            Function<NDArray, NDArray> loss =
                    x -> {
                        NDList changed = new NDList(inputs);
                        changed.set(at, x);
                        return function.apply(changed).mul(upstream).sum();
                    };
            boolean floating = inputs.get(i).getDataType().isFloating();
            gradients.add(floating ? difference(inputs.get(i), loss) : null);
        }
        return gradients;
    }

    private static NDArray difference(NDArray x, Function<NDArray, NDArray> loss) {
        double[] values = x.toDoubleArray();
        double[] gradient = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            double value = values[i];
            values[i] = value + EPS;
            double above = loss.apply(x.getManager().create(values, x.getShape())).getDouble();
            values[i] = value - EPS;
            double below = loss.apply(x.getManager().create(values, x.getShape())).getDouble();
            values[i] = value;
            gradient[i] = (above - below) / (2 * EPS);
        }
        return x.getManager().create(gradient, x.getShape());
    }

    /** A fixed upstream gradient of an output's shape, nowhere 0. */
    public static NDArray upstream(NDArray output) {
        NDManager manager = output.getManager();
        long n = output.size();
        NDArray values = manager.arange(0, (int) n, 1, DataType.FLOAT64);
        return values.mul(1.7)
                .add(0.3)
                .sin()
                .add(0.2)
                .reshape(output.getShape())
                .toType(output.getDataType(), false);
    }
}
