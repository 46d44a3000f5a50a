/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/**
 * The form in which {@link FunctionContext#saveForBackward} keeps arrays: {@code
 * torch.autograd.graph.saved_tensors_hooks}. It trades time or precision for memory: a file, a
 * smaller type, another device.
 *
 * <pre>{@code
 * // Keeps everything in half the memory, and half the digits.
 * final class InFloat16 implements SavedTensorHooks<NDArray> {
 *     public NDArray pack(NDArray array) {
 *         return array.toType(DataType.FLOAT16, false);
 *     }
 *
 *     public NDArray unpack(NDArray packed, NDManager manager) {
 *         return packed.toType(DataType.FLOAT32, false);
 *     }
 * }
 *
 * try (Autograd.Scope scope = Hooks.onSavedTensors(new InFloat16())) {
 *     loss = network.forward(x);
 * }
 * Autograd.backward(loss);
 * }</pre>
 *
 * <p>They are called for what {@link AutogradFunction}s save while the scope is open, on the thread
 * that opened it, and for nothing that the engine's own operations keep. Second derivatives go
 * through packed arrays as through others. What is changed in place after it was packed is not
 * noticed.
 *
 * @param <T> what an array is packed into: one array, or anything that holds none
 */
public interface SavedTensorHooks<T> {

    /**
     * Packs an array. It is closed afterwards, and so is what was computed from it, but for the
     * result.
     *
     * @param array what a function saves
     * @return what is kept of it
     */
    T pack(NDArray array);

    /**
     * Restores an array, in each backward pass that asks for it.
     *
     * @param packed what {@link #pack} returned
     * @param manager for arrays that are created here; they are closed after the function's
     *     backward
     * @return an array of the shape, type and device of the one that was packed
     */
    NDArray unpack(T packed, NDManager manager);

    /**
     * Is called once when the graph has let go of the array, to delete a file for example.
     *
     * @param packed what {@link #pack} returned; not called if that is an array, which is closed
     */
    default void release(T packed) {}
}
