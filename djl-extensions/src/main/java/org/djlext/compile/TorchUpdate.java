/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import java.util.List;
import org.djlext.optim.TorchOptimizer;
import org.jspecify.annotations.Nullable;

/** The update of an optimizer that says its own lines. */
final class TorchUpdate implements StepUpdate {

    private final TorchOptimizer optimizer;
    private final List<String> ids;
    private final NDList parameters;

    TorchUpdate(TorchOptimizer optimizer, List<String> ids, NDList parameters) {
        this.optimizer = optimizer;
        this.ids = ids;
        this.parameters = parameters;
        for (NDArray parameter : parameters) {
            DataType type = parameter.getDataType();
            if (!NumbersAsArrays.isExact(type)) {
                throw CompileException.at(
                        optimizer.getClass().getSimpleName(),
                        ("it updates parameters of float32 and float64 in a"
                                        + " script, but one of shape %s is %s")
                                .formatted(parameter.getShape(), type));
            }
        }
    }

    @Override
    public List<String> lines(int parameter) {
        return optimizer.updateLines(ids.get(parameter));
    }

    @Override
    public List<String> stateNames() {
        return optimizer.stateNames();
    }

    @Override
    public NDList states() {
        NDList states = new NDList();
        for (int i = 0; i < ids.size(); i++) {
            states.addAll(optimizer.stateOf(ids.get(i), parameters.get(i)).values());
        }
        return states;
    }

    @Override
    public List<String> numbers() {
        return List.of("lr");
    }

    @Override
    public double[] next(@Nullable Double rate) {
        double first = 0;
        for (int i = 0; i < ids.size(); i++) {
            double own = optimizer.nextRate(ids.get(i), parameters.get(i));
            if (i > 0 && own != first) {
                throw CompileException.at(
                        optimizer.getClass().getSimpleName(),
                        ("its learning rate must be the same for all"
                                        + " parameters, but is %s for %s and %s for %s")
                                .formatted(own, ids.get(i), first, ids.get(0)));
            }
            first = own;
        }
        return new double[] {rate == null ? first : rate};
    }
}
