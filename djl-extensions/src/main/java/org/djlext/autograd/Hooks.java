/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.djlext.internal.BackwardNode;
import org.djlext.internal.EngineGraph;
import org.jspecify.annotations.Nullable;

/**
 * Functions of the user that a backward pass calls, beside {@link Autograd#onGradient}: what
 * PyTorch registers on tensors and on nodes. Each stays until the scope that is returned is closed,
 * or the graph or leaf that it is on is freed.
 */
public final class Hooks {

    private static final ThreadLocal<@Nullable SavedTensorHooks<?>> SAVED = new ThreadLocal<>();

    private Hooks() {}

    /**
     * Calls a function with a leaf whenever a backward pass has added to its stored gradient:
     * {@code register_post_accumulate_grad_hook}. An optimizer that steps here and clears the
     * gradient never holds more than one gradient at a time.
     *
     * <pre>{@code
     * Hooks.onAccumulated(weight, w -> {
     *     w.subi(Autograd.gradient(w).mul(learningRate));
     *     Autograd.clearGradient(w);
     * });
     * }</pre>
     *
     * @param leaf an array that requires a gradient and was not computed from another
     * @param hook gets another handle of the leaf, which is closed afterwards; nothing that it does
     *     is recorded
     * @return close it to take the hook away
     * @throws IllegalArgumentException if the array is no leaf that requires a gradient
     */
    public static Autograd.Scope onAccumulated(NDArray leaf, Consumer<NDArray> hook) {
        PtNDArray tensor = Arguments.onPyTorch("onAccumulated", leaf);
        if (!tensor.hasGradient()) {
            throw new IllegalArgumentException(
                    "onAccumulated takes a leaf that requires a gradient, but %s %s"
                            .formatted(
                                    Arguments.describe(leaf),
                                    Autograd.requiresGrad(leaf)
                                            ? "was computed from others"
                                            : "requires none"));
        }
        return AccumulationHooks.of(tensor).add(Arguments.describe(leaf), hook);
    }

    /**
     * Calls a function in each backward pass once the gradients of several arrays are complete:
     * {@code register_multi_grad_hook}.
     *
     * @param arrays arrays that gradients flow to
     * @param hook gets a gradient for each, which are closed afterwards; null for one that the pass
     *     did not reach, which is known at the end of the pass. Not called in a pass that reaches
     *     none
     * @return close it to take the hook away
     */
    public static Autograd.Scope onAll(NDList arrays, Consumer<NDList> hook) {
        return JointHook.add("onAll", arrays, hook, false);
    }

    /**
     * Calls a function in each backward pass with the first gradient that is complete of several
     * arrays: {@code register_multi_grad_hook} with mode "any".
     *
     * @param arrays arrays that gradients flow to
     * @param hook gets the gradient, which is closed afterwards
     * @return close it to take the hook away
     */
    public static Autograd.Scope onAny(NDList arrays, Consumer<NDArray> hook) {
        Consumer<NDList> first =
                gradients -> gradients.stream().filter(g -> g != null).findFirst().ifPresent(hook);
        return JointHook.add("onAny", arrays, first, true);
    }

    /**
     * Calls a function before the backward of the {@link AutogradFunction} that an array came from:
     * {@code Node.register_prehook}.
     *
     * @param output an output of the function
     * @param hook gets what backward is about to get; returns another list of the same shapes and
     *     types to replace it, or null to leave it
     * @return close it to take the hook away
     * @throws IllegalArgumentException if the array is no output of an {@code AutogradFunction}
     */
    public static Autograd.Scope beforeBackward(
            NDArray output, Function<NDList, @Nullable NDList> hook) {
        return nodeOf("beforeBackward", output).hooks().addBefore(hook);
    }

    /**
     * Calls a function after the backward of the {@link AutogradFunction} that an array came from:
     * {@code Node.register_hook}.
     *
     * @param output an output of the function
     * @param hook gets what backward has returned and what it had got; returns another list for the
     *     first of them, of the same shapes and types, or null to leave it
     * @return close it to take the hook away
     * @throws IllegalArgumentException if the array is no output of an {@code AutogradFunction}
     */
    public static Autograd.Scope afterBackward(
            NDArray output, BiFunction<NDList, NDList, @Nullable NDList> hook) {
        return nodeOf("afterBackward", output).hooks().addAfter(hook);
    }

    private static FunctionNode nodeOf(String method, NDArray output) {
        long node = EngineGraph.node(Arguments.onPyTorch(method, output));
        BackwardNode java = node == 0 ? null : EngineGraph.java(node);
        if (java instanceof FunctionNode function) {
            return function;
        }
        throw new IllegalArgumentException(
                "%s takes an output of an AutogradFunction, but %s %s"
                        .formatted(
                                method,
                                Arguments.describe(output),
                                node == 0
                                        ? "is not part of a graph"
                                        : "came from " + EngineGraph.name(node)));
    }

    /**
     * Has what {@link FunctionContext#saveForBackward} keeps packed, on this thread, until the
     * scope is closed. An inner scope takes the place of an outer one.
     *
     * @param hooks how arrays are packed and restored
     * @return the scope; closing it restores what was before
     */
    public static Autograd.Scope onSavedTensors(SavedTensorHooks<?> hooks) {
        return Autograd.set(SAVED, hooks);
    }

    // What unpack gets is what pack returned.
    @SuppressWarnings("unchecked")
    static @Nullable SavedTensorHooks<Object> savedTensorHooks() {
        return (SavedTensorHooks<Object>) SAVED.get();
    }
}
