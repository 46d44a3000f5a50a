/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.djlext.internal.EngineArrays;
import org.djlext.internal.NativeHooks;
import org.djlext.internal.NodePass;
import org.djlext.internal.TensorSpec;
import org.jspecify.annotations.Nullable;

/** The users' functions on the gradient of one array; see {@link Autograd#onGradient}. */
final class GradientHooks extends ArrayHooks<Function<NDArray, @Nullable NDArray>> {

    // What a pass leaves out, by the number of the pass.
    private static final Map<Integer, Collection<GradientHooks>> SKIPPED =
            new ConcurrentHashMap<>();

    private final TensorSpec spec;
    private boolean retaining;
    // The sum of the gradients of all passes since retainGrad; 0 if there was none.
    private long retained;

    private GradientHooks(PtNDArray array) {
        spec = TensorSpec.of(array);
    }

    static GradientHooks of(PtNDArray array) {
        return of(array, false, GradientHooks.class, () -> new GradientHooks(array));
    }

    /** Keeps what is left of the gradient of an array after all functions. */
    static void retain(PtNDArray array) {
        GradientHooks all = of(array);
        all.change(() -> all.retaining = true);
    }

    /** Returns the gradient that was kept of an array, in its manager; null if there is none. */
    static @Nullable PtNDArray retained(PtNDArray array) {
        GradientHooks all = (GradientHooks) NativeHooks.hooksOf(array, false);
        if (all == null) {
            return null;
        }
        synchronized (all) {
            return all.retained == 0
                    ? null
                    : new PtNDArray(
                            array.getManager(), NativeHooks.connected(all.retained, all.retained));
        }
    }

    /** Forgets the gradient that was kept of an array. */
    static void clear(PtNDArray array) {
        if (NativeHooks.hooksOf(array, false) instanceof GradientHooks all) {
            all.forget();
        }
    }

    private synchronized void forget() {
        if (retained != 0) {
            JniUtils.deleteNDArray(retained);
            retained = 0;
        }
    }

    /**
     * Leaves out, in the backward pass that runs on this thread, what there is on some arrays.
     * Their gradients go on to another pass, which will call it.
     *
     * @return close it when the pass is over
     */
    static Autograd.Scope skipInThisPass(Collection<GradientHooks> hooks) {
        int pass = NativeHooks.currentPass();
        SKIPPED.put(pass, hooks);
        return () -> SKIPPED.remove(pass);
    }

    @Override
    boolean isActive() {
        return retaining || super.isActive();
    }

    @Override
    public void backward(NodePass pass) {
        if (!SKIPPED.isEmpty()
                && SKIPPED.getOrDefault(NativeHooks.currentPass(), List.of()).contains(this)) {
            return;
        }
        try (NDManager manager = NDManager.newBaseManager(spec.device(), "PyTorch")) {
            PtNDArray current = Objects.requireNonNull(pass.gradient(0, (PtNDManager) manager));
            boolean replaced = false;
            for (Hook<Function<NDArray, @Nullable NDArray>> hook : hooks) {
                NDArray result;
                try {
                    result = hook.function.apply(current);
                } catch (Throwable e) {
                    throw new IllegalStateException(
                            "the gradient hook of " + hook.what + " threw " + e, e);
                }
                if (result != null) {
                    current = checked(hook, result);
                    replaced = true;
                }
            }
            if (retaining) {
                keep(current);
            }
            if (replaced) {
                pass.answer(0, current);
            }
        }
    }

    private synchronized void keep(PtNDArray gradient) {
        PtNDArray sum;
        if (retained == 0) {
            sum = EngineArrays.copy(gradient);
        } else {
            try (PtNDArray before =
                    new PtNDArray(
                            gradient.getManager(), NativeHooks.connected(retained, retained))) {
                sum = before.add(gradient);
            }
            JniUtils.deleteNDArray(retained);
        }
        NDScope.unregister(sum);
        retained = NativeHooks.connected(sum.getHandle(), sum.getHandle());
    }

    private PtNDArray checked(Hook<?> hook, NDArray result) {
        if (!(result instanceof PtNDArray tensor)) {
            throw mismatch(hook, "engine", "PyTorch", result.getClass().getSimpleName());
        }
        if (tensor.isReleased()) {
            throw mismatch(hook, "state", "open", "closed");
        }
        TensorSpec.Difference difference = spec.difference(TensorSpec.of(tensor));
        if (difference != null) {
            throw mismatch(hook, difference.what(), difference.must(), difference.got());
        }
        return tensor;
    }

    private static IllegalStateException mismatch(
            Hook<?> hook, String name, Object must, Object got) {
        return new IllegalStateException(
                "the gradient hook of %s must return a gradient of %s %s, but returned one of %s"
                        .formatted(hook.what, name, must, got));
    }

    @Override
    public synchronized void onRelease() {
        super.onRelease();
        forget();
    }
}
