/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import org.djlext.autograd.Autograd;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;

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
    private static final List<String> PARAMETERS =
            List.of("x: List[Tensor]", "p: List[Tensor]", "a: List[Tensor]");

    private final List<Parameter> parameters;
    private final BiFunction<ParameterStore, NDList, NDList> forward;
    private final Scripts<Script> scripts = new Scripts<>(MOST);

    /**
     * Prepares the forward of a block.
     *
     * @param block the block, initialized
     */
    public CompiledForward(Block block) {
        parameters = block.getParameters().values();
        for (Parameter parameter : parameters) {
            if (!parameter.isInitialized()) {
                throw new IllegalStateException(
                        "a forward can be compiled when the block is initialized, but its parameter "
                                + parameter.getName()
                                + " is not; call initialize first");
            }
        }
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
        Script script =
                scripts.get(
                        Scripts.forms(inputs),
                        () -> new Script(new Computation(parameters, computation, inputs)));
        try (Autograd.Scope unrecorded = Autograd.noGrad()) {
            return script.call(inputs, values(parameters));
        }
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

    private static NDList values(List<Parameter> parameters) {
        NDList values = new NDList(parameters.size());
        parameters.forEach(parameter -> values.add(parameter.getArray()));
        return values;
    }

    /** What is computed of some inputs, on a tape. */
    private record Computation(
            List<Parameter> parameters,
            BiFunction<ParameterStore, NDList, NDList> outputs,
            NDList inputs) {

        Tape tape() {
            return new Tape(inputs.head().getManager());
        }

        /** Returns values of inputs, parameters and outputs. */
        List<List<Value>> on(Tape tape) {
            NDList xs = noted(tape, "x", inputs, Value.Origin.BATCH);
            NDList ps = noted(tape, "p", values(parameters), Value.Origin.PARAMETER);
            TracedParameters store = new TracedParameters(tape);
            for (int i = 0; i < parameters.size(); i++) {
                store.put(parameters.get(i), ps.get(i));
            }
            List<List<Value>> given = List.of(read(xs), read(ps));
            NDList ys = outputs.apply(store, new NDList(xs));
            if (!List.of(read(xs), read(ps)).equals(given)) {
                throw new CompileException(
                        "cannot compile: the block changes an input or a parameter in place, which"
                                + " a forward must leave as it is");
            }
            return List.of(given.get(0), given.get(1), read(ys));
        }

        private static NDList noted(Tape tape, String letter, NDList arrays, Value.Origin origin) {
            NDList noted = new NDList();
            for (int i = 0; i < arrays.size(); i++) {
                noted.add(tape.input(letter + i, arrays.get(i), origin, false).array());
            }
            return noted;
        }

        private static List<Value> read(NDList arrays) {
            return arrays.stream()
                    .map(array -> TracedArray.required(array, "the block").read())
                    .toList();
        }
    }

    /** The script for inputs of some shapes. */
    private static final class Script implements Scripts.Script {

        private final String text;
        private final TorchScript module;
        private final ScriptFunction function;
        private final KeptArguments arguments;
        private final NDList captured;
        private final NDList owned;

        Script(Computation computation) {
            try (Tape tape = computation.tape();
                    Autograd.Scope unrecorded = Autograd.noGrad()) {
                List<List<Value>> values = computation.on(tape);
                SameEachTime first = SameEachTime.of(tape, tape.lines());
                try (Tape again = computation.tape()) {
                    computation.on(again);
                    first.check(SameEachTime.of(again, again.lines()));
                }
                Program program = Program.of(tape, tape.lines(), values.get(2), Set.of());
                Pass.ONE_STEP.forEach(pass -> pass.apply(program));
                ScriptWriter writer = new ScriptWriter();
                writer.begin("forward", PARAMETERS);
                writer.unpack(values.get(0), "x");
                writer.unpack(values.get(1), "p");
                writer.unpack(program.captured, "a");
                writer.lines(program.before);
                writer.lines(program.step);
                writer.line("return " + ScriptWriter.list(program.results));
                text = writer.toString();
                captured = program.capturedArrays;
                owned = program.owned;
            }
            module = TorchScript.compile(text);
            function = module.function("forward");
            arguments = new KeptArguments(function, false, PARAMETERS.size(), List.of(), List.of());
        }

        NDList call(NDList inputs, NDList values) {
            return function.call(inputs, arguments.of(1, values), arguments.of(2, captured));
        }

        @Override
        public String text() {
            return text;
        }

        @Override
        public void close() {
            arguments.close();
            module.close();
            owned.close();
        }
    }
}
