/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import java.util.function.BiFunction;
import org.djlext.autograd.Autograd;

/**
 * What a block computes in evaluation, in one call of the engine instead of one for each operation:
 * for small models, and for those that are asked again and again, such as by a sampler.
 *
 * <pre>{@code
 * try (CompiledForward forward = new CompiledForward(block)) {
 *     NDList outputs = forward.call(new NDList(x));
 * }
 * }</pre>
 *
 * <p>Inputs of other shapes or types have a script of their own; the {@value #MOST} that were used
 * last are kept. Parameters may get other values in between. Nothing is recorded for a gradient.
 * What cannot be compiled is a {@link CompileException} that says why.
 *
 * <p>Threads take turns.
 */
public final class CompiledForward implements AutoCloseable {

    private static final int MOST = 16;

    private final StepParameters parameters;
    private final BiFunction<ParameterStore, NDList, NDList> forward;
    private final Scripts scripts = new Scripts(MOST);

    /**
     * Prepares the forward of a block.
     *
     * @param block the block, initialized
     */
    public CompiledForward(Block block) {
        parameters = new StepParameters(block);
        forward = (store, inputs) -> block.forward(store, inputs, false);
    }

    /**
     * Computes the outputs. The first call with inputs of some shapes compiles the script.
     *
     * @param inputs the inputs, one at least
     * @return the outputs, in the manager of the first input
     * @throws CompileException if it cannot be compiled
     */
    public synchronized NDList call(NDList inputs) {
        return call(inputs, forward);
    }

    /**
     * Computes something else of the block's parameters and some inputs.
     *
     * @param inputs the inputs, one at least; for another computation of other shapes or another
     *     number of them
     * @param computation makes the outputs of the parameters' values and the inputs
     * @return the outputs, in the manager of the first input
     * @throws CompileException if it cannot be compiled
     */
    public synchronized NDList call(
            NDList inputs, BiFunction<ParameterStore, NDList, NDList> computation) {
        LineScript script = scripts.get(Scripts.forms(inputs), () -> compile(inputs, computation));
        return script.call(
                inputs, parameters.trainedArrays(), parameters.otherArrays(), new NDList());
    }

    /**
     * {@return the text of the script that was used last}
     *
     * @throws IllegalStateException if there was no call
     */
    public synchronized String script() {
        return scripts.text();
    }

    /** Frees the scripts. */
    @Override
    public synchronized void close() {
        scripts.close();
    }

    private LineScript compile(
            NDList inputs, BiFunction<ParameterStore, NDList, NDList> computation) {
        try (Autograd.Scope unrecorded = Autograd.noGrad();
                Trace trace = Trace.ofForward(computation, parameters, inputs)) {
            return StepScripts.ofOneStep("forward", trace.program());
        }
    }
}
