/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Takes the intermediates of a function that {@link ManualVsEngine} is to compare, by name.
 *
 * <p>Of an intermediate that the engine differentiates, hand over the array itself, with {@link
 * #keep}; where its gradient is computed by hand, hand over the gradient, with {@link #gradient}.
 */
public final class Trace {

    private final Map<String, NDArray> arrays = new LinkedHashMap<>();
    private final Map<String, NDArray> gradients = new LinkedHashMap<>();

    private final NDManager manager;

    Trace(NDManager manager) {
        this.manager = manager;
    }

    /**
     * Names an intermediate, whose gradient is what the engine finds for it.
     *
     * @param name the name, the same on both sides
     * @param array an array that the outputs are computed from
     * @return the same array
     */
    public NDArray keep(String name, NDArray array) {
        arrays.put(name, array);
        return array;
    }

    /**
     * Gives the gradient of an intermediate that was computed by hand, from within backward.
     *
     * @param name the name, the same on both sides
     * @param gradient the gradient; it is copied, because what backward makes is closed after it
     */
    public void gradient(String name, NDArray gradient) {
        NDArray copy = gradient.duplicate();
        copy.attach(manager);
        gradients.put(name, copy);
    }

    Map<String, NDArray> arrays() {
        return arrays;
    }

    Map<String, NDArray> gradients() {
        return gradients;
    }

    Set<String> names() {
        Set<String> names = new LinkedHashSet<>(arrays.keySet());
        names.addAll(gradients.keySet());
        return names;
    }
}
