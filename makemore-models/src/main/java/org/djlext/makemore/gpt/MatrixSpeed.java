/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.djlext.autograd.Autograd;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;

/**
 * How fast a device multiplies matrices, which no model exceeds: the peak that training is compared
 * with.
 *
 * <p>Matrices are doubled until a product takes long enough to keep the device busy: 512 rows are
 * much for a core and nothing for a GPU. The best of all sizes counts.
 */
public final class MatrixSpeed {

    // In bfloat16 the matrix is converted once for all products, because DJL cannot hold it.
    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    """
                    def products(a, half: bool, times: int):
                        if half:
                            a = a.to(torch.bfloat16)
                        c = torch.empty_like(a)
                        for i in range(times):
                            torch.mm(a, a, out=c)
                        return c[0, 0].to(torch.float32)
                    """);
    private static final ScriptFunction PRODUCTS = SCRIPT.function("products");

    private static final int SMALLEST = 64;
    private static final int LARGEST = 8192;
    private static final int TIMES = 4;
    private static final int TRIES = 3;
    private static final double LONG_ENOUGH = 0.005;
    private static final double NANO = 1e-9;

    private MatrixSpeed() {}

    /**
     * Measures it, in a second or less. The engine's random generator is left as it is.
     *
     * @param parent a manager of the device
     * @param bfloat16 whether the matrices are bfloat16 instead of float32
     * @return floating-point operations in a second
     */
    public static double measure(NDManager parent, boolean bfloat16) {
        double best = 0;
        try (Autograd.Scope unrecorded = Autograd.noGrad();
                NDManager manager = parent.newSubManager()) {
            double seconds = 0;
            for (int n = SMALLEST; n <= LARGEST && seconds < LONG_ENOUGH; n *= 2) {
                seconds = secondsOfAProduct(manager, n, bfloat16);
                best = Math.max(best, 2 * Math.pow(n, 3) / seconds);
            }
        }
        return best;
    }

    private static double secondsOfAProduct(NDManager manager, int n, boolean bfloat16) {
        double best = Double.POSITIVE_INFINITY;
        // Of zeros or ones a GPU makes more products than of numbers as they occur.
        try (NDArray numbers = manager.arange(0, n * n, 1, DataType.FLOAT32);
                NDArray sines = numbers.sin();
                NDArray a = sines.reshape(new Shape(n, n))) {
            for (int i = 0; i < TRIES; i++) {
                long start = System.nanoTime();
                try (NDArray corner = PRODUCTS.callForArray(a, bfloat16, TIMES)) {
                    corner.getFloat(); // waits for the device
                }
                best = Math.min(best, (System.nanoTime() - start) * NANO / TIMES);
            }
        }
        return best;
    }
}
