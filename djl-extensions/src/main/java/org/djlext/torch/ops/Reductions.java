/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch.ops;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import org.djlext.torch.TorchScript;

/**
 * Reductions over several axes at once: (...) to the shape without the axes, or with 1 in their
 * place if {@code keepDims}. The arrays are of floating type, except for {@link #max} and {@link
 * #min}.
 */
public final class Reductions {

    /**
     * The source of {@code global_norm(arrays: List[Tensor])}, what {@link #globalNorm} computes,
     * in float64, for scripts that need it among other things.
     */
    public static final String GLOBAL_NORM =
            """
            def global_norm(arrays: List[Tensor]):
                norms: List[Tensor] = []
                for a in arrays:
                    half = a.dtype == torch.float16 or a.dtype == torch.bfloat16
                    dtype = torch.float32 if half else a.dtype
                    norm = torch.linalg_vector_norm(a.contiguous(), dtype=dtype)
                    norms.append(norm.to(arrays[0].device, torch.float64))
                norm = torch.linalg_vector_norm(torch.stack(norms))
                # Far from 1, squares overflow or lose their digits: once more, with the largest
                # element brought to 1.
                if not (1e-12 < float(norm) and float(norm) < math.inf):
                    peaks: List[Tensor] = []
                    for a in arrays:
                        if a.numel() > 0:
                            peak = a.detach().abs().max()
                            peaks.append(peak.to(arrays[0].device, torch.float64))
                    if len(peaks) > 0:
                        peak = torch.stack(peaks).max()
                        if 0.0 < float(peak) and float(peak) < math.inf:
                            norms = []
                            for a in arrays:
                                scaled = a.to(arrays[0].device, torch.float64) / peak
                                norms.append(torch.linalg_vector_norm(scaled))
                            norm = torch.linalg_vector_norm(torch.stack(norms)) * peak
                return norm
            """;

    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    GLOBAL_NORM
                            + Recorded.WIDE_SOURCE
                            + """
                    def norm(arrays: List[Tensor]):
                        return global_norm(arrays).to(wide(arrays[0]).dtype)

                    def mean(x, axes: List[int], keep: bool):
                        return torch.mean(x, axes, keep)

                    def var(x, axes: List[int], correction: int, keep: bool):
                        return torch.var(x, axes, correction=correction, keepdim=keep)

                    def amax(x, axes: List[int], keep: bool):
                        return torch.amax(x, axes, keep)

                    def amin(x, axes: List[int], keep: bool):
                        return torch.amin(x, axes, keep)

                    def logsumexp(x, axes: List[int], keep: bool):
                        # The engine's kernel for a CPU sums halves in a half.
                        return torch.logsumexp(wide(x), axes, keep).to(x.dtype)
                    """);

    private Reductions() {}

    /**
     * Returns the mean over axes.
     *
     * @param x the array
     * @param axes the axes; all, if there are none
     * @param keepDims whether a reduced axis stays, with size 1
     * @return (1/n) sum x
     */
    public static NDArray mean(NDArray x, int[] axes, boolean keepDims) {
        return SCRIPT.function("mean").callForArray(x, axes, keepDims);
    }

    /**
     * Returns the variance over axes.
     *
     * @param x the array
     * @param axes the axes; all, if there are none
     * @param correction 1 for the unbiased variance, 0 for the biased one
     * @param keepDims whether a reduced axis stays, with size 1
     * @return sum (x - mean)^2 / (n - correction); NaN or infinite if n is not larger
     */
    public static NDArray var(NDArray x, int[] axes, int correction, boolean keepDims) {
        return SCRIPT.function("var").callForArray(x, axes, correction, keepDims);
    }

    /**
     * Returns the maximum over axes. Elements that share it share its gradient evenly.
     *
     * @param x the array
     * @param axes the axes; all, if there are none
     * @param keepDims whether a reduced axis stays, with size 1
     * @return the maximum; NaN if there is one
     */
    public static NDArray max(NDArray x, int[] axes, boolean keepDims) {
        return SCRIPT.function("amax").callForArray(x, axes, keepDims);
    }

    /**
     * Returns the minimum over axes. Elements that share it share its gradient evenly.
     *
     * @param x the array
     * @param axes the axes; all, if there are none
     * @param keepDims whether a reduced axis stays, with size 1
     * @return the minimum; NaN if there is one
     */
    public static NDArray min(NDArray x, int[] axes, boolean keepDims) {
        return SCRIPT.function("amin").callForArray(x, axes, keepDims);
    }

    /**
     * Returns log sum exp over axes, without overflow however large x is.
     *
     * @param x the array
     * @param axes the axes; at least one
     * @param keepDims whether a reduced axis stays, with size 1
     * @return log sum exp(x); its gradient is the softmax of x
     */
    public static NDArray logSumExp(NDArray x, int[] axes, boolean keepDims) {
        return SCRIPT.function("logsumexp").callForArray(x, axes, keepDims);
    }

    /**
     * Returns the global norm of several arrays, as clipping by norm needs it. Squares neither
     * overflow nor vanish, however large or small the elements are.
     *
     * @param arrays arrays of any shapes and floating types; at least one
     * @return the root of the sum of the squares of all elements: a scalar of the first array's
     *     type, FLOAT32 if that is a half, on its device
     */
    public static NDArray globalNorm(NDList arrays) {
        return SCRIPT.function("norm").callForArray(arrays);
    }
}
