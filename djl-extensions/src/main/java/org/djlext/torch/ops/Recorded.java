/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch.ops;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.util.Map;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;

/**
 * Casts and copies that the engine records, so that gradients flow through them, and operations
 * with a number that the graph may keep.
 *
 * <p>DJL's {@code toType} and {@code duplicate} are not recorded: behind them the graph is cut, and
 * gradients are missing without an error. DJL's {@code mul}, {@code div} and {@code pow} with a
 * number leave the number in memory of Java's, which may be gone when backward reads it.
 */
public final class Recorded {

    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    """
                    def cast(x, dtype: int):
                        return x.to(dtype)

                    def cast_like(x, other):
                        return x.to(other.dtype)

                    def copy(x):
                        return x.clone()

                    def wide(x):
                        if x.dtype == torch.float16 or x.dtype == torch.bfloat16:
                            x = x.to(torch.float32)
                        return x

                    def scale(x, factor: float):
                        return x * factor

                    def power(x, exponent: float):
                        return torch.pow(x, torch.full([], exponent, dtype=x.dtype, device=x.device))
                    """);
    private static final ScriptFunction CAST = SCRIPT.function("cast");
    private static final ScriptFunction CAST_LIKE = SCRIPT.function("cast_like");
    private static final ScriptFunction COPY = SCRIPT.function("copy");
    private static final ScriptFunction WIDE = SCRIPT.function("wide");
    private static final ScriptFunction SCALE = SCRIPT.function("scale");
    private static final ScriptFunction POWER = SCRIPT.function("power");

    // The numbers of c10::ScalarType.
    private static final Map<DataType, Integer> NUMBERS =
            Map.of(
                    DataType.UINT8, 0,
                    DataType.INT8, 1,
                    DataType.INT16, 2,
                    DataType.INT32, 3,
                    DataType.INT64, 4,
                    DataType.FLOAT16, 5,
                    DataType.FLOAT32, 6,
                    DataType.FLOAT64, 7,
                    DataType.BOOLEAN, 11,
                    DataType.BFLOAT16, 15);

    private Recorded() {}

    /**
     * Returns an array in another type.
     *
     * @param x the array, (...)
     * @param type the type; of DJL's, those that the engine has
     * @return (...) of that type, which is over the same storage if x is of that type already
     * @throws IllegalArgumentException if the engine does not have the type
     */
    public static NDArray cast(NDArray x, DataType type) {
        Integer number = NUMBERS.get(type);
        if (number == null) {
            throw new IllegalArgumentException(
                    "cast takes a type of the PyTorch engine, but got " + type);
        }
        return CAST.callForArray(x, number);
    }

    /**
     * Returns a copy, with storage of its own.
     *
     * @param x the array, (...) of any type
     * @return (...) of x's type
     */
    public static NDArray copy(NDArray x) {
        return COPY.callForArray(x);
    }

    /**
     * Returns an array in the type in which sums and products over it are to be taken: FLOAT32 for
     * halves, float16 and bfloat16, as the engine's own kernels accumulate; its own type otherwise.
     *
     * @param x the array, (...)
     * @return (...); x itself if it is of type FLOAT32 or FLOAT64
     */
    public static NDArray wide(NDArray x) {
        return isWide(x) ? x : WIDE.callForArray(x);
    }

    /**
     * Returns an array in the type of another: what was computed on {@link #wide} arrays, brought
     * back.
     *
     * @param x the array, (...)
     * @param other an array of the type
     * @return (...); x itself if both are of type FLOAT32 or both of FLOAT64
     */
    public static NDArray castLike(NDArray x, NDArray other) {
        return isWide(x) && x.getDataType() == other.getDataType()
                ? x
                : CAST_LIKE.callForArray(x, other);
    }

    private static boolean isWide(NDArray x) {
        DataType type = x.getDataType();
        return type == DataType.FLOAT32 || type == DataType.FLOAT64;
    }

    /**
     * Returns the product with a number.
     *
     * @param x the array, (...) of floating type
     * @param factor the number
     * @return (...) of x's type
     */
    public static NDArray scale(NDArray x, double factor) {
        return SCALE.callForArray(x, factor);
    }

    /**
     * Returns a power, to the bit that of DJL's {@code pow}.
     *
     * @param x the array, (...) of floating type
     * @param exponent the exponent
     * @return (...) of x's type
     */
    public static NDArray pow(NDArray x, double exponent) {
        return POWER.callForArray(x, exponent);
    }
}
