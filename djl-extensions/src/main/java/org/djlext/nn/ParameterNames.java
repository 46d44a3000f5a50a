/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The names of parameters as PyTorch's {@code named_parameters} and {@code state_dict} have them,
 * such as {@code transformer.h.0.ln_1.weight}.
 */
public final class ParameterNames {

    private ParameterNames() {}

    /**
     * {@return all parameters of a block by their names, also those that are not trained: the
     * block's own first, then those of its children}
     *
     * @param block the block
     */
    public static Map<String, Parameter> of(Block block) {
        Map<String, Parameter> parameters = new LinkedHashMap<>();
        collect("", block, parameters);
        return parameters;
    }

    /**
     * {@return the shapes of all parameters of a block, which it has before it is initialized, by
     * their names; null for running statistics, whose shape comes with the input}
     *
     * @param block the block
     */
    public static Map<String, @Nullable Shape> shapes(Block block) {
        Map<String, @Nullable Shape> shapes = new LinkedHashMap<>();
        of(block).forEach((name, parameter) -> shapes.put(name, parameter.getShape()));
        return shapes;
    }

    /**
     * {@return the parameters of a block that are trained, by their names}
     *
     * @param block the block
     */
    public static Map<String, Parameter> trained(Block block) {
        Map<String, Parameter> parameters = of(block);
        parameters.values().removeIf(parameter -> !parameter.requiresGradient());
        return parameters;
    }

    /**
     * {@return the arrays of all parameters of a block themselves, by their names}
     *
     * @param block the block, initialized
     */
    public static Map<String, NDArray> arrays(Block block) {
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        of(block).forEach((name, parameter) -> arrays.put(name, parameter.getArray()));
        return arrays;
    }

    private static void collect(String prefix, Block block, Map<String, Parameter> parameters) {
        for (Pair<String, Parameter> entry : block.getDirectParameters()) {
            parameters.put(prefix + entry.getKey(), entry.getValue());
        }
        int number = 0;
        for (Pair<String, Block> child : block.getChildren()) {
            // DJL puts the number of a child before its name, with two digits or more.
            int digits = Math.max(2, String.valueOf(++number).length());
            String name = child.getKey().substring(digits);
            collect(prefix + name + ".", child.getValue(), parameters);
        }
    }
}
