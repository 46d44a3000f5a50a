/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * An operation with a hand-written backward that takes part in the engine's own backward pass.
 *
 * <p>Subclass it, write {@link #forward} and {@link #backward}, and call {@link #apply}. The result
 * is a node of the engine's graph: one {@code GradientCollector.backward(loss)} runs it in its
 * place among the engine's own operations, so that DJL's {@code Trainer}, {@code EasyTrain} and
 * {@code Predictor} work with it unchanged.
 *
 * <pre>{@code
 * final class Square extends AutogradFunction {
 *     protected NDList forward(FunctionContext ctx, NDList inputs) {
 *         NDArray x = inputs.get(0);
 *         ctx.saveForBackward(x);
 *         return new NDList(x.mul(x));
 *     }
 *
 *     protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
 *         NDArray x = ctx.savedTensors().get(0);
 *         NDArray dy = gradOutputs.get(0);
 *         return new NDList(dy.mul(x.mul(2)));
 *     }
 * }
 * }</pre>
 *
 * <p>What an operation depends on and wants a gradient for must be among its inputs; parameters
 * that {@link #forward} takes from elsewhere are constants to it.
 *
 * <p>An instance may be used for any number of calls, from any number of threads, if the subclass
 * keeps what belongs to one call in the {@link FunctionContext} and nowhere else.
 *
 * <p>Outside gradient recording, {@link #apply} is {@link #forward} and nothing more. While
 * gradients are recorded it needs the native library of the extensions; where that cannot be
 * loaded, {@link #apply} throws an {@link UnsupportedOperationException} that says so. A gradient
 * is never dropped silently.
 */
public abstract class AutogradFunction {

    static {
        // What forward makes of Java's numbers is closed behind it, but not a view of it that it
        // returns.
        Autograd.holdBuffers();
    }

    /** Constructor for subclasses. */
    protected AutogradFunction() {}

    /**
     * Makes an operation of one array in one line, without a class of its own.
     *
     * <pre>{@code
     * AutogradFunction square =
     *         AutogradFunction.of("square", x -> x.mul(x), (x, dy) -> dy.mul(x.mul(2)));
     * }</pre>
     *
     * @param name its name in messages
     * @param forward computes the output y from the input x, which is saved
     * @param backward computes dL/dx from x and dL/dy; of operations of the engine it can be
     *     differentiated in turn
     * @return the operation
     */
    public static AutogradFunction of(
            String name, UnaryOperator<NDArray> forward, BinaryOperator<NDArray> backward) {
        return new AutogradFunction() {
            @Override
            protected NDList forward(FunctionContext ctx, NDList inputs) {
                NDArray x = inputs.get(0);
                ctx.saveForBackward(x);
                return new NDList(forward.apply(x));
            }

            @Override
            protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
                return new NDList(backward.apply(ctx.saved(0), gradOutputs.get(0)));
            }

            @Override
            protected String name() {
                return name;
            }

            @Override
            protected List<String> inputNames() {
                return List.of("x");
            }
        };
    }

    /**
     * Computes the outputs. Runs with grad mode off: nothing that it does is recorded.
     *
     * <p>Arrays that are created here from the inputs, or with their manager, are closed
     * afterwards, but for the outputs and what {@link FunctionContext#saveForBackward} keeps.
     *
     * @param ctx takes what {@link #backward} will need
     * @param inputs arrays over the storage of those given to {@link #apply}
     * @return the outputs, at least one; only those of floating type have a gradient
     */
    protected abstract NDList forward(FunctionContext ctx, NDList inputs);

    /**
     * Computes the gradients of the inputs from those of the outputs.
     *
     * <p>Arrays that are created here from {@code gradOutputs} or from {@link
     * FunctionContext#savedTensors()} are closed after use. Runs on the thread of the engine that
     * runs backward, which is not the caller's when the graph is on a GPU.
     *
     * @param ctx what {@link #forward} saved
     * @param gradOutputs dL/doutput for each output, of the output's shape: zeros for one that the
     *     loss does not depend on, or null with {@link FunctionContext#setMaterializeGrads} false;
     *     null for one that is not differentiable
     * @return dL/dinput for each input, in order, of its shape, type and device; null for an input
     *     without a gradient. With null for all, nothing that these inputs were computed from gets
     *     one from here
     */
    protected abstract NDList backward(FunctionContext ctx, NDList gradOutputs);

    /**
     * Computes the derivative of the outputs in a direction of the inputs, J v: forward mode. It is
     * called right after {@link #forward}, if an input has a direction: {@link Functional#jvp} then
     * takes one pass.
     *
     * <pre>{@code
     * protected NDList jvp(FunctionContext ctx, NDList tangents) { // of Square
     *     NDArray x = ctx.savedTensors().get(0);
     *     return new NDList(tangents.get(0).mul(x.mul(2)));
     * }
     * }</pre>
     *
     * @param ctx what {@link #forward} saved
     * @param tangents the direction of each input, of its shape and type; null for one that does
     *     not change
     * @return the derivative of each output, of its shape and type; null for one that does not
     *     change. Or null, which is the default, for an operation without such a rule
     */
    protected @Nullable NDList jvp(FunctionContext ctx, NDList tangents) {
        return null;
    }

    /** {@return the name of this operation in messages: the class's own, unless overridden} */
    protected String name() {
        String simple = getClass().getSimpleName();
        if (!simple.isEmpty()) {
            return simple;
        }
        String full = getClass().getName();
        return full.substring(full.lastIndexOf('.') + 1);
    }

    /** {@return the names of the inputs in messages, in order; may be fewer than there are} */
    protected List<String> inputNames() {
        return List.of();
    }

    /**
     * Tells whether backward is not to be differentiated in turn, because it is not made of
     * operations that the engine records. Then an attempt fails with a message instead of a wrong
     * gradient.
     *
     * @return false, unless overridden
     */
    protected boolean onceDifferentiable() {
        return false;
    }

    /**
     * Tells whether an input may be left out, such as a bias or a mask: by null, or at the end of
     * those that {@link #inputNames} names, by nothing. Then {@link #forward} gets null for it,
     * {@link FunctionContext#saveForBackward} takes it, and backward returns null.
     *
     * @param input the index of the input
     * @return false, unless overridden
     */
    protected boolean isOptional(int input) {
        return false;
    }

    /**
     * Tells whether backward may return gradients of the shape that an input was broadcast to. They
     * are then summed over what was broadcast.
     *
     * @return false, unless overridden: a gradient must have the input's own shape
     */
    protected boolean sumsToInputShape() {
        return false;
    }

    /**
     * Computes the same by the engine's own function for it, which the engine differentiates:
     * {@link EngineFunction#call}. That is what {@link #apply} takes under {@link
     * Autograd#engineGradients}, and what is compiled. A test holds it and {@link #forward}
     * together.
     *
     * @param inputs the inputs, as they were given to {@link #apply}
     * @return the outputs; or null, which is the default, if the engine has no such function. Then
     *     the engine differentiates {@link #forward} operation by operation, and what is compiled
     *     is {@link #forward} and {@link #backward}
     */
    protected @Nullable NDList forwardByEngine(NDList inputs) {
        return null;
    }

    /**
     * Runs an operation of one output.
     *
     * @param inputs the inputs, as for {@link #apply(NDList)}
     * @return the output
     * @throws IllegalStateException if it has several outputs
     */
    public final NDArray apply(@Nullable NDArray... inputs) {
        NDList outputs = apply(new NDList(inputs));
        if (outputs.size() != 1) {
            throw new IllegalStateException(
                    ("%s.apply(NDArray...) returns one output, but there are %s; call"
                                    + " apply(NDList), which returns all of them")
                            .formatted(name(), outputs.size()));
        }
        return outputs.get(0);
    }

    /**
     * Runs the operation.
     *
     * @param inputs the inputs: arrays of the PyTorch engine, of any type
     * @return the outputs of {@link #forward}; while gradients are recorded and an input requires
     *     one, those of floating type are new arrays over the same storage, part of the graph
     * @throws IllegalArgumentException if an input is an array of another engine, or null and not
     *     {@linkplain #isOptional optional}
     * @throws IllegalStateException if {@link #forward} returns no output or a null one, or changes
     *     an input in place while gradients are recorded
     * @throws UnsupportedOperationException if gradients are recorded and the native library cannot
     *     be loaded
     */
    public final NDList apply(NDList inputs) {
        return FunctionCall.apply(this, inputs);
    }

    /**
     * {@return how an input is called in a message: "input 1 (gamma)"}
     *
     * @param i the index of the input
     */
    public final String inputName(int i) {
        List<String> names = inputNames();
        return "input " + i + (i < names.size() ? " (" + names.get(i) + ")" : "");
    }

    /** {@return the name of this operation in messages} */
    @Override
    public String toString() {
        return name();
    }
}
