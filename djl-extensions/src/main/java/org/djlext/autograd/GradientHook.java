/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.function.Function;
import org.djlext.torch.GradientNode;
import org.djlext.torch.NativeHooks;
import org.jspecify.annotations.Nullable;

/** A user's function on the gradient of one array; see {@link Autograd#onGradient}. */
final class GradientHook implements GradientNode {

    private final String what;
    private final Shape shape;
    private final DataType type;
    private final Device device;
    private volatile @Nullable Function<NDArray, @Nullable NDArray> function;

    GradientHook(Function<NDArray, @Nullable NDArray> function, String what, NDArray array) {
        this.function = function;
        this.what = what;
        shape = array.getShape();
        type = array.getDataType();
        device = array.getDevice();
    }

    // The engine's Java side has no way to take a native hook away, so it stays and does nothing.
    void disable() {
        function = null;
    }

    @Override
    public long onGradient(int index, long gradient, int pass, boolean keepGraph) {
        Function<NDArray, @Nullable NDArray> hook = function;
        if (gradient == 0) {
            return 0;
        }
        if (hook == null) {
            JniUtils.deleteNDArray(gradient);
            return 0;
        }
        try (NDManager manager = NDManager.newBaseManager(device, "PyTorch")) {
            PtNDArray dx = new PtNDArray((PtNDManager) manager, gradient);
            NDScope.unregister(dx);
            NDArray result;
            try {
                result = hook.apply(dx);
            } catch (RuntimeException e) {
                throw new IllegalStateException("the gradient hook of " + what + " threw " + e, e);
            }
            if (result == null) {
                return 0;
            }
            check("shape", shape, result.getShape());
            check("type", type, result.getDataType());
            check("device", device, result.getDevice());
            return NativeHooks.newGradient((PtNDArray) result, result.getManager() == manager);
        }
    }

    private void check(String name, Object must, Object got) {
        if (!must.equals(got)) {
            throw new IllegalStateException(
                    "the gradient hook of "
                            + what
                            + " must return a gradient of "
                            + name
                            + " "
                            + must
                            + ", but returned one of "
                            + got);
        }
    }

    @Override
    public void onRelease() {
        disable();
    }
}
