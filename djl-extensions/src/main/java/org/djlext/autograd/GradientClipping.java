/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.stream.Stream;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;
import org.djlext.torch.ops.Reductions;

/**
 * Bounds stored gradients before an optimizer uses them: {@code torch.nn.utils.clip_grad_norm_} and
 * {@code clip_grad_value_}. Both change the gradients in place.
 */
public final class GradientClipping {

    // 1e-6 as in PyTorch, so that a norm of zero divides nothing by zero.
    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    Reductions.GLOBAL_NORM
                            + """
                    def by_norm(gradients: List[Tensor], limit: float):
                        norm = float(global_norm(gradients))
                        factor = limit / (norm + 1e-6)
                        if not factor >= 1.0:
                            for g in gradients:
                                if g.dtype == torch.float16 or g.dtype == torch.bfloat16:
                                    # The engine would round the factor to a half.
                                    g.copy_(g.to(torch.float32).mul_(factor))
                                else:
                                    g.mul_(factor)
                        return norm

                    def by_value(gradients: List[Tensor], bound: float):
                        for g in gradients:
                            # A number beyond the largest half would be an error, infinity is not.
                            limit = torch.full([], bound, dtype=torch.float64, device=g.device)
                            limit = limit.to(g.dtype)
                            g.copy_(torch.maximum(torch.minimum(g, limit), -limit))
                    """);
    private static final ScriptFunction BY_NORM = SCRIPT.function("by_norm");
    private static final ScriptFunction NORM = SCRIPT.function("global_norm");
    private static final ScriptFunction BY_VALUE = SCRIPT.function("by_value");

    private GradientClipping() {}

    /**
     * Scales all gradients by one factor, so that their common norm is at most a given one. The
     * direction of the step stays what it was.
     *
     * <p>The norm neither overflows nor vanishes: gradients in float16 are squared in float32, and
     * very large or small ones of other types are scaled first.
     *
     * @param parameters leaves; those without a stored gradient are passed over, and one that is
     *     there twice counts once
     * @param maxNorm the largest norm, positive
     * @return the norm before, the root of the sum of all squares; NaN or infinite if a gradient is
     * @throws IllegalArgumentException if maxNorm is not positive
     */
    public static double byNorm(NDList parameters, double maxNorm) {
        if (!(maxNorm > 0)) {
            throw new IllegalArgumentException(
                    "the largest norm must be positive, but is " + maxNorm);
        }
        return norm("byNorm", BY_NORM, parameters, maxNorm);
    }

    /**
     * {@return the norm that {@link #byNorm} would scale by; NaN or infinite if a gradient is}
     *
     * @param parameters leaves; those without a stored gradient are passed over, and one that is
     *     there twice counts once
     */
    public static double norm(NDList parameters) {
        return norm("norm", NORM, parameters);
    }

    private static double norm(
            String method, ScriptFunction function, NDList parameters, Object... more) {
        try (Autograd.Scope scope = Autograd.noGrad();
                NDList gradients = stored(method, parameters)) {
            if (gradients.isEmpty()) {
                return 0;
            }
            Object[] all = Stream.concat(Stream.of(gradients), Stream.of(more)).toArray();
            try (NDArray norm = function.callForArray(all)) {
                return norm.getDouble();
            }
        }
    }

    /**
     * Bounds each number of all gradients.
     *
     * @param parameters leaves; those without a stored gradient are passed over, and one that is
     *     there twice counts once
     * @param bound the largest absolute value, positive
     * @throws IllegalArgumentException if the bound is not positive
     */
    public static void byValue(NDList parameters, double bound) {
        if (!(bound > 0)) {
            throw new IllegalArgumentException("the bound must be positive, but is " + bound);
        }
        try (Autograd.Scope scope = Autograd.noGrad();
                NDList gradients = stored("byValue", parameters)) {
            if (!gradients.isEmpty()) {
                BY_VALUE.call(gradients, bound);
            }
        }
    }

    /** The stored gradients, to be closed. A parameter that two layers share counts once. */
    static NDList stored(String method, NDList parameters) {
        Set<NDArray> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        NDList gradients = new NDList();
        for (NDArray array : parameters) {
            PtNDArray parameter = Arguments.onPyTorch(method, array);
            PtNDArray gradient = seen.add(parameter) ? JniUtils.getGradient(parameter) : null;
            if (gradient != null) {
                gradients.add(gradient);
            }
        }
        return gradients;
    }
}
