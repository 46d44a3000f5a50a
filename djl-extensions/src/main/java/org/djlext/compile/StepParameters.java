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
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The parameters of a block: those that the optimizer updates, and the others. */
final class StepParameters {

    private final List<Parameter> trained = new ArrayList<>();
    private final List<Parameter> others = new ArrayList<>();

    StepParameters(Block block) {
        Set<Parameter> all = new HashSet<>(); // two blocks may share one
        for (Parameter parameter : block.getParameters().values()) {
            if (!parameter.isInitialized()) {
                throw new IllegalStateException(
                        "a block can be compiled when it is initialized, but its parameter "
                                + parameter.getName()
                                + " is not; call initialize first");
            }
            if (all.add(parameter)) {
                (parameter.requiresGradient() ? trained : others).add(parameter);
            }
        }
    }

    /** Makes sure that there is something to train. */
    void checkTrained() {
        if (trained.isEmpty()) {
            throw new IllegalStateException(
                    "a step can be compiled for a block with parameters to train, but this has "
                            + others.size()
                            + " and all are frozen");
        }
    }

    /** Makes sure that none was frozen or thawed since. */
    void checkUnchanged() {
        if (!trained.stream().allMatch(Parameter::requiresGradient)
                || others.stream().anyMatch(Parameter::requiresGradient)) {
            throw new IllegalStateException(
                    "a parameter was frozen or thawed after its step was made; make a new one");
        }
    }

    List<Parameter> trained() {
        return trained;
    }

    List<Parameter> others() {
        return others;
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
        return arrays(
                Stream.of(trained, others)
                        .flatMap(List::stream)
                        .filter(StepParameters::isStatistic)
                        .toList());
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
