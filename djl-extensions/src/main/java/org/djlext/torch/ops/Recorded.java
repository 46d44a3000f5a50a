/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch.ops;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import org.djlext.torch.TorchScript;

/**
 * Casts that rules may use whose backward is differentiated in turn, and that need no native
 * library.
 *
 * <p>DJL's {@code toType} is not recorded: behind it the graph is cut, and gradients are missing
 * without an error ({@link org.djlext.autograd.Autograd#cast} and {@code copy} are its and {@code
 * duplicate}'s counterparts).
 */
public final class Recorded {

    /** The source of {@code wide(x)}, for scripts that need it among other things. */
    static final String WIDE_SOURCE =
            """
            def wide(x):
                if x.dtype == torch.float16 or x.dtype == torch.bfloat16:
                    x = x.to(torch.float32)
                return x
            """;

    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    WIDE_SOURCE
                            + """
                    def cast_like(x, other):
                        return x.to(other.dtype) if other.is_floating_point() else x
                    """);

    private Recorded() {}

    /**
     * Returns an array in the type in which sums and products over it are to be taken: FLOAT32 for
     * halves, float16 and bfloat16, as the engine's own kernels accumulate; its own type otherwise.
     *
     * @param x the array, (...)
     * @return (...); x itself if it is of type FLOAT32 or FLOAT64
     */
    public static NDArray wide(NDArray x) {
        return isWide(x) ? x : SCRIPT.function("wide").callForArray(x);
    }

    /**
     * Returns an array in the type of another: what was computed on {@link #wide} arrays, brought
     * back. What was computed of integers or booleans stays floating.
     *
     * @param x the array, (...)
     * @param other an array of the type
     * @return (...); x itself if both are of type FLOAT32 or both of FLOAT64
     */
    public static NDArray castLike(NDArray x, NDArray other) {
        return isWide(x) && x.getDataType() == other.getDataType()
                ? x
                : SCRIPT.function("cast_like").callForArray(x, other);
    }

    private static boolean isWide(NDArray x) {
        DataType type = x.getDataType();
        return type == DataType.FLOAT32 || type == DataType.FLOAT64;
    }
}
