/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import org.djlext.internal.NativeHooks;
import org.djlext.internal.TensorSpec;
import org.jspecify.annotations.Nullable;

/** A saved tensor in the form that a user's {@link SavedTensorHooks} have given it. */
final class PackedTensor {

    private final SavedTensorHooks<Object> hooks;
    // An array is kept by its handle, which belongs to no manager.
    private final @Nullable Object value;
    private final long array;

    // What the restored one has to agree with.
    private final TensorSpec spec;

    private PackedTensor(SavedTensorHooks<Object> hooks, PtNDArray source, Object packed) {
        this.hooks = hooks;
        spec = TensorSpec.of(source);
        PtNDArray tensor = packed instanceof PtNDArray t ? t : null;
        value = tensor == null ? packed : null;
        array = tensor == null ? 0 : NativeHooks.detached(tensor.getHandle());
    }

    /** Packs a tensor, which stays the caller's. */
    static PackedTensor pack(SavedTensorHooks<Object> hooks, String name, PtNDArray source) {
        Device device = source.getDevice();
        try (PtNDManager manager = (PtNDManager) NDManager.newBaseManager(device, "PyTorch")) {
            PtNDArray given = new PtNDArray(manager, NativeHooks.detached(source.getHandle()));
            Object packed = hooks.pack(given);
            boolean foreign = packed instanceof NDArray array && Arguments.tensor(array) == null;
            if (packed == null || packed instanceof NDList || foreign) {
                throw new IllegalStateException(
                        ("%s: the hooks on saved tensors must pack an array into one of numbers of"
                                        + " the PyTorch engine or into something without arrays,"
                                        + " but returned %s")
                                .formatted(
                                        name,
                                        packed instanceof NDList
                                                ? "an NDList"
                                                : Arguments.kind((NDArray) packed)));
            }
            return new PackedTensor(hooks, source, packed);
        }
    }

    /** Restores it, in a manager. The function and the number of the array are for the message. */
    PtNDArray unpack(String name, int number, PtNDManager manager) {
        NDArray array;
        try (Autograd.Scope scope = Autograd.noGrad()) {
            Object packed =
                    value != null
                            ? value
                            : new PtNDArray(manager, NativeHooks.detached(this.array));
            array = hooks.unpack(packed, manager);
        }
        PtNDArray tensor = Arguments.tensor(array);
        if (tensor != null && spec.difference(TensorSpec.of(tensor)) == null) {
            return tensor;
        }
        throw new IllegalStateException(
                ("%s: the hooks on saved tensors must unpack what they have packed, which for saved"
                                + " tensor %s is %s, but returned %s")
                        .formatted(
                                name,
                                number,
                                spec,
                                tensor == null ? Arguments.kind(array) : TensorSpec.of(tensor)));
    }

    void release() {
        if (value != null) {
            hooks.release(value);
        } else {
            JniUtils.deleteNDArray(array);
        }
    }
}
