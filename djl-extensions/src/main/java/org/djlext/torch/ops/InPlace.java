/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch.ops;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.jni.JniUtils;
import org.djlext.torch.TorchScript;

/** Changes of arrays in place. They are never recorded. */
public final class InPlace {

    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    """
                    def copy(into, numbers):
                        into.copy_(numbers)

                    def lies_in_rows(x):
                        return torch.tensor(x.is_contiguous())
                    """);

    private InPlace() {}

    /**
     * Copies the numbers of an array into another, also from one type or device to another. {@code
     * NDArray.copyTo} takes the bytes as they are, whatever their type.
     *
     * @param into the array that is changed, which may be a parameter
     * @param numbers the array that is copied, of a shape that broadcasts to that of the other
     */
    public static void copy(NDArray into, NDArray numbers) {
        boolean recording = JniUtils.isGradMode();
        JniUtils.setGradMode(false);
        try {
            SCRIPT.function("copy").call(into, numbers);
        } finally {
            JniUtils.setGradMode(recording);
        }
    }

    /**
     * Tells whether the elements of an array lie in memory row by row, without gaps: kernels that
     * update several arrays at once take all of them for that.
     *
     * @param array the array
     * @return true for one that is not a view with another order or a part
     */
    public static boolean liesInRows(NDArray array) {
        return SCRIPT.function("lies_in_rows").callForArray(array).getBoolean();
    }
}
