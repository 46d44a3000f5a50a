/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.diagnostics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.List;
import org.djlext.autograd.Autograd;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;

/**
 * How the numbers of an array are distributed: {@code torch.histogram(t, density=True)}, which the
 * lecture draws, with mean and standard deviation.
 *
 * @param mean the mean
 * @param std the unbiased standard deviation; NaN of a single number
 * @param edges where the bins begin and end, one more than there are bins
 * @param density the share of the numbers in each bin, over the width of the bin
 */
public record Distribution(double mean, double std, List<Double> edges, List<Double> density) {

    /** PyTorch's number of bins, unless told otherwise. */
    public static final int BINS = 100;

    // There is a histogram for the CPU alone.
    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    """
                    def describe(x, bins: int):
                        flat = x.detach().reshape(-1)
                        if flat.dtype != torch.float64:
                            flat = flat.float()
                        density, edges = torch.histogram(flat.cpu(), bins, density=True)
                        return torch.mean(flat), torch.std(flat), edges, density

                    def finite(x):
                        return torch.isfinite(x).all()
                    """);
    private static final ScriptFunction DESCRIBE = SCRIPT.function("describe");
    private static final ScriptFunction FINITE = SCRIPT.function("finite");

    /**
     * {@return the distribution of an array's numbers in {@link #BINS} bins}
     *
     * @param array an array of any type and shape, of finite numbers
     */
    public static Distribution of(NDArray array) {
        return of(array, BINS);
    }

    /**
     * {@return the distribution of an array's numbers}
     *
     * @param array an array of any type and shape, of finite numbers
     * @param bins the number of bins between the smallest number and the largest
     */
    public static Distribution of(NDArray array, int bins) {
        if (bins < 1) {
            throw new IllegalArgumentException("a histogram has 1 bin or more, but got " + bins);
        }
        try (Autograd.Scope unrecorded = Autograd.noGrad()) {
            if (array.size() == 0 || !finite(array)) {
                throw new IllegalArgumentException(
                        "a distribution takes at least one number and finite ones only, but an"
                                + " array of shape "
                                + array.getShape()
                                + (array.size() == 0 ? " has none" : " has infinity or NaN")
                                + "; training may have diverged, so try a lower learning rate");
            }
            try (NDList parts = DESCRIBE.call(array, bins)) {
                return new Distribution(
                        doubles(parts.get(0)).get(0),
                        doubles(parts.get(1)).get(0),
                        doubles(parts.get(2)),
                        doubles(parts.get(3)));
            }
        }
    }

    static boolean finite(NDArray array) {
        try (NDArray finite = FINITE.callForArray(array)) {
            return finite.getBoolean();
        }
    }

    static List<Double> doubles(NDArray array) {
        List<Double> numbers = new ArrayList<>();
        for (Number number : array.toArray()) {
            numbers.add(number.doubleValue());
        }
        return List.copyOf(numbers);
    }
}
