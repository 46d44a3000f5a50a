/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.Pair;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * A Block in training as a function of its inputs and its parameters: (inputs.., parameters..) to
 * outputs. The block's own parameters are not touched, running statistics included, because it gets
 * the arguments in their place.
 */
final class BlockFunction implements Function<NDList, NDList> {

    private final Block block;
    private final int inputCount;
    private final Map<String, Parameter> parameters = new LinkedHashMap<>();

    BlockFunction(Block block, int inputCount) {
        this.block = block;
        this.inputCount = inputCount;
        for (Pair<String, Parameter> pair : block.getParameters()) {
            // A parameter that two layers share is one argument.
            if (!parameters.containsValue(pair.getValue())) {
                parameters.put(pair.getKey(), pair.getValue());
            }
        }
    }

    /** The parameters by name, in the order of the arguments. */
    Map<String, Parameter> parameters() {
        return parameters;
    }

    @Override
    public NDList apply(NDList arguments) {
        Map<String, NDArray> values = new HashMap<>();
        int next = inputCount;
        for (Parameter parameter : parameters.values()) {
            values.put(parameter.getId(), arguments.get(next++));
        }
        NDList inputs = new NDList(arguments.subList(0, inputCount));
        return block.forward(new Values(arguments.get(0).getManager(), values), inputs, true);
    }

    /** Hands out the arguments where a block asks for its parameters. */
    private static final class Values extends ParameterStore {

        private final Map<String, NDArray> values;

        Values(NDManager manager, Map<String, NDArray> values) {
            super(manager, false);
            this.values = values;
        }

        @Override
        public NDArray getValue(Parameter parameter, Device device, boolean training) {
            NDArray value = parameter == null ? null : values.get(parameter.getId());
            return value == null ? super.getValue(parameter, device, training) : value;
        }
    }
}
