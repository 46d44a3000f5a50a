/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;

/** The parameters of a block: those that the optimizer updates, and the others. */
final class StepParameters {

    private final List<Parameter> all = new ArrayList<>();
    private final List<Parameter> trained = new ArrayList<>();
    private final List<Parameter> others = new ArrayList<>();
    private final IdentityHashMap<Parameter, Integer> indices = new IdentityHashMap<>();

    StepParameters(Block block) {
        for (Parameter parameter : block.getParameters().values()) {
            if (!parameter.isInitialized()) {
                throw new IllegalStateException(
                        "a step can be compiled when the block is initialized, but its parameter "
                                + parameter.getName()
                                + " is not; call initialize first");
            }
            if (indices.containsKey(parameter)) {
                continue; // one that two blocks share
            }
            List<Parameter> list = isTrained(parameter) ? trained : others;
            indices.put(parameter, list.size());
            list.add(parameter);
            all.add(parameter);
        }
        if (trained.isEmpty()) {
            throw new IllegalStateException(
                    "a step can be compiled for a block with parameters to train, but this has "
                            + all.size()
                            + " and all are frozen");
        }
    }

    /** Makes sure that none was frozen or thawed since. */
    void checkUnchanged() {
        if (!trained.stream().allMatch(this::isTrained)
                || others.stream().anyMatch(this::isTrained)) {
            throw new IllegalStateException(
                    "a parameter was frozen or thawed after its step was made; make a new one");
        }
    }

    List<Parameter> all() {
        return all;
    }

    boolean isTrained(Parameter parameter) {
        return parameter.requiresGradient();
    }

    /** The place of a parameter among those that are trained, or those that are not. */
    int index(Parameter parameter) {
        return indices.getOrDefault(parameter, -1);
    }

    /** The ids of the trained parameters, which an optimizer knows them by. */
    List<String> ids() {
        return trained.stream().map(Parameter::getId).toList();
    }

    NDList trainedArrays() {
        return arrays(trained);
    }

    NDList otherArrays() {
        return arrays(others);
    }

    /** Running means and variances. */
    NDList statistics() {
        return arrays(all.stream().filter(StepParameters::isStatistic).toList());
    }

    static boolean isStatistic(Parameter parameter) {
        return parameter.getType() == Parameter.Type.RUNNING_MEAN
                || parameter.getType() == Parameter.Type.RUNNING_VAR;
    }

    private static NDList arrays(List<Parameter> parameters) {
        NDList arrays = new NDList(parameters.size());
        parameters.forEach(parameter -> arrays.add(parameter.getArray()));
        return arrays;
    }
}
