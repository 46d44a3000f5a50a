/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.diagnostics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.djlext.autograd.Autograd;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;

/**
 * How far one step moves the weights, whatever the optimizer: {@code log10(std(after - before) /
 * std(after))}. With plain gradient descent this is the lecture's update-to-data ratio, for which
 * about -3 is right.
 *
 * <p>Weights are copied before the step and compared after it, so that the training itself is left
 * alone. One pair of calls costs a copy of the weights; it is meant for a few hundred steps of a
 * run.
 */
public final class UpdateRatios implements AutoCloseable {

    private static final ScriptFunction RATIOS =
            TorchScript.compile(
                            """
                            def ratios(before: List[Tensor], after: List[Tensor]):
                                values: List[Tensor] = []
                                for i in range(len(before)):
                                    w = after[i].detach()
                                    values.append(torch.std(w - before[i]) / torch.std(w))
                                return torch.log10(torch.stack(values))
                            """)
                    .function("ratios");

    private final NDManager manager;
    private final List<String> names;
    private final NDList weights;
    private final NDList copies = new NDList();

    /**
     * Prepares to measure.
     *
     * @param parent a manager of the weights' device
     * @param weights the arrays that are updated in place, by the names of the results
     */
    public UpdateRatios(NDManager parent, Map<String, NDArray> weights) {
        manager = parent.newSubManager();
        names = List.copyOf(weights.keySet());
        this.weights = new NDList(new ArrayList<>(weights.values()));
    }

    /** Remembers the weights before a step. */
    public void before() {
        forget();
        try (Autograd.Scope unrecorded = Autograd.noGrad()) {
            for (NDArray weight : weights) {
                NDArray copy = weight.duplicate();
                copy.attach(manager);
                copies.add(copy);
            }
        }
    }

    /**
     * Compares the weights after the step with those before it.
     *
     * @return the logarithm to base 10 of each ratio, minus infinity for weights that did not move;
     *     empty if {@link #before} was not called since the last time
     */
    public Map<String, Double> after() {
        Map<String, Double> ratios = new LinkedHashMap<>();
        if (copies.isEmpty()) {
            return ratios;
        }
        try (Autograd.Scope unrecorded = Autograd.noGrad();
                NDArray values = RATIOS.callForArray(copies, weights)) {
            List<Double> numbers = Distribution.doubles(values);
            for (int i = 0; i < names.size(); i++) {
                ratios.put(names.get(i), numbers.get(i));
            }
        }
        forget();
        return ratios;
    }

    private void forget() {
        copies.forEach(NDArray::close);
        copies.clear();
    }

    /** Frees the copies. */
    @Override
    public void close() {
        manager.close();
    }
}
