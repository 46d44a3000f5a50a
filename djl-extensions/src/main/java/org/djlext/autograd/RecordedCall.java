/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * One call of an {@link AutogradFunction} on the arrays of a {@link Recorder}: its forward, done,
 * and its backward, to be done by the recorder when it wants the gradients.
 */
public final class RecordedCall {

    private final AutogradFunction function;
    private final FunctionContext ctx;
    private final NDList inputs;
    private final NDList outputs;

    /**
     * Runs forward.
     *
     * @param function the function
     * @param inputs its inputs
     * @param needsGrad for each input, whether its gradient will be wanted
     * @throws IllegalStateException if forward returns no output or a null one
     */
    public RecordedCall(AutogradFunction function, NDList inputs, boolean[] needsGrad) {
        this.function = function;
        this.inputs = inputs;
        ctx = FunctionContext.recorded(function.name(), needsGrad);
        outputs = function.forward(ctx, new NDList(inputs));
        FunctionCall.checkPresent(function, outputs);
        if (outputs.stream().anyMatch(Objects::isNull)) {
            throw new IllegalStateException(
                    function.name() + ".forward must return arrays, but an output is null");
        }
    }

    /** {@return what forward returned} */
    public NDList outputs() {
        return outputs;
    }

    /**
     * {@return whether an output has a gradient: not if its type is not floating, or forward has
     * declared it not differentiable}
     *
     * @param k the index of the output
     */
    public boolean isDifferentiable(int k) {
        NDArray output = outputs.get(k);
        return output.getDataType().isFloating() && !ctx.isMarkedNonDifferentiable(output);
    }

    /** {@return whether backward expects zeros for an output without a gradient, and not null} */
    public boolean isMaterializeGrads() {
        return ctx.isMaterializeGrads();
    }

    /**
     * Puts other arrays in the place of those that forward has saved.
     *
     * @param connection takes a saved array, and returns the one that backward is to get
     */
    public void connectSaved(UnaryOperator<NDArray> connection) {
        ctx.connectSaved(connection);
    }

    /**
     * Runs backward.
     *
     * @param gradOutputs the gradient of each output, or null
     * @param createsGraph whether the gradients are to be differentiated in turn
     * @return the gradient of each input, or null; of a larger shape if the function {@linkplain
     *     AutogradFunction#sumsToInputShape leaves the sum to others}
     * @throws IllegalStateException if backward returns a wrong number of gradients, or one of a
     *     wrong shape or type, or is to be differentiated in turn and cannot
     */
    public NDList backward(NDList gradOutputs, boolean createsGraph) {
        if (createsGraph && function.onceDifferentiable()) {
            throw new IllegalStateException(
                    function.name() + ".backward cannot be differentiated in turn");
        }
        ctx.setCreatesGraph(createsGraph);
        NDList gradients = function.backward(ctx, gradOutputs);
        FunctionCall.checkCount(function, gradients, inputs.size());
        for (int i = 0; i < gradients.size(); i++) {
            NDArray dx = gradients.get(i);
            NDArray x = inputs.get(i);
            if (dx != null && x != null && ctx.needsInputGrad(i) && !agrees(dx, x)) {
                throw new IllegalStateException(
                        "%s.backward: the gradient of %s must be %s, but is %s"
                                .formatted(
                                        function.name(),
                                        function.inputName(i),
                                        Arguments.shapeAndType(x),
                                        Arguments.shapeAndType(dx)));
            }
        }
        return gradients;
    }

    private boolean agrees(NDArray dx, NDArray x) {
        // What an input was broadcast to is summed over by the recorder.
        return dx.getDataType() == x.getDataType()
                && (function.sumsToInputShape() || dx.getShape().equals(x.getShape()));
    }

    /** Returns the name of the function. */
    @Override
    public String toString() {
        return function.name();
    }
}
