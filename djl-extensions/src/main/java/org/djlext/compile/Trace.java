/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.djlext.autograd.Autograd;

/**
 * Java code that has run on a tape, as a program that does the same. It runs twice: what differs
 * would be the same in a script.
 */
final class Trace implements AutoCloseable {

    private final Tape tape;
    private final TracedParameters store;
    private final NDList data;
    private final NDList labels;
    private final Program program; // of the tape
    // Those of captured arrays, and of arrays that are made of numbers in Java.
    private final List<ByteBuffer> numbers = new ArrayList<>();

    private Trace(StepParameters parameters, StepBatch batch, boolean isTrained) {
        tape = new Tape(batch.data().head().getManager());
        program = tape.program();
        store = new TracedParameters(tape);
        program.trained.addAll(store.put("p", parameters.trained(), isTrained));
        program.others.addAll(store.put("q", parameters.others(), false));
        data = tape.inputs("x", batch.data());
        labels = tape.inputs("y", batch.labels());
        program.inputs.addAll(TracedArray.values(data, "data"));
        program.inputs.addAll(TracedArray.values(labels, "labels"));
    }

    /** Runs one training step of a block: forward, loss and gradients, without the update. */
    static Trace ofStep(Block block, Loss loss, StepParameters parameters, StepBatch batch) {
        // Recorded: what Java code computes of a parameter beside the tape then shows by its graph.
        try (Autograd.Scope recorded = Autograd.enableGrad()) {
            return twice(
                    () -> new Trace(parameters, batch, true), trace -> trace.step(block, loss));
        }
    }

    /** Runs what is computed of some inputs without a gradient. */
    static Trace ofForward(
            BiFunction<ParameterStore, NDList, NDList> computation,
            StepParameters parameters,
            NDList inputs) {
        StepBatch batch = new StepBatch(inputs, new NDList());
        return twice(
                () -> new Trace(parameters, batch, false), trace -> trace.forward(computation));
    }

    private static Trace twice(Supplier<Trace> start, Consumer<Trace> code) {
        Trace trace = run(start, code);
        try (Trace again = run(start, code)) {
            trace.check(again);
        } catch (RuntimeException | Error e) {
            trace.close();
            throw e;
        }
        return trace;
    }

    private static Trace run(Supplier<Trace> start, Consumer<Trace> code) {
        Trace trace = start.get();
        try {
            code.accept(trace);
            trace.end();
        } catch (RuntimeException | Error e) {
            trace.close();
            throw e;
        }
        return trace;
    }

    private void step(Block block, Loss loss) {
        NDList outputs = block.forward(store, new NDList(data), new NDList(labels), null);
        TracedArray value = TracedArray.required(loss.evaluate(labels, outputs), loss.getName());
        Differentiation differentiation = new Differentiation(tape, value);
        store.writeChanges();
        program.results.add(value.read());
        program.results.addAll(TracedArray.values(outputs, "the block"));
        for (Value parameter : program.trained) {
            NDArray gradient = differentiation.gradient(parameter);
            NDList own = new NDList(gradient == null ? tape.zeros(parameter) : gradient);
            program.results.addAll(TracedArray.values(own, "a gradient"));
        }
        program.step = differentiation.stretches().lines();
        program.recorded.addAll(differentiation.stretches().recorded());
    }

    private void forward(BiFunction<ParameterStore, NDList, NDList> computation) {
        NDList outputs = computation.apply(store, new NDList(data));
        program.results.addAll(TracedArray.values(outputs, "the block"));
        List<Value> now = TracedArray.values(data, "inputs");
        if (store.isAnyChanged()
                || !now.stream().map(program.memory()).toList().equals(program.inputs)) {
            throw new CompileException(
                    "cannot compile: the block changes an input or a parameter in place,"
                            + " which a forward must leave as it is");
        }
    }

    private void end() {
        program.capturedArrays.forEach(array -> numbers.add(array.toByteBuffer()));
        program.constants.forEach(
                (value, array) -> {
                    if (value.name.startsWith("c")) { // made in Java
                        numbers.add(array.toByteBuffer());
                    }
                });
    }

    /**
     * Makes sure that captured arrays were there before, and are not made anew by each step, and
     * that nothing else depends on a state of the Java code.
     */
    private void check(Trace again) {
        NDList others = again.program.capturedArrays;
        for (int i = 0; i < program.capturedArrays.size(); i++) {
            NDArray array = program.capturedArrays.get(i);
            if (i >= others.size() || array != others.get(i)) {
                throw new CompileException(
                        "cannot compile: the block or the loss makes an array of shape "
                                + array.getShape()
                                + " in each step, beside the tape, so that the script would have"
                                + " that of the first step in all steps; create it with the manager"
                                + " of an input, or once for all steps");
            }
        }
        List<Line> lines = again.program.step;
        for (int i = 0; i < program.step.size(); i++) {
            Line line = program.step.get(i);
            if (i >= lines.size() || !line.toString().equals(lines.get(i).toString())) {
                throw changes(line.source(), "it does something else in another step");
            }
        }
        if (program.step.size() != lines.size() || !numbers.equals(again.numbers)) {
            throw changes(
                    "the block or the loss",
                    "it makes or changes arrays of other numbers in each step");
        }
    }

    private static CompileException changes(String place, String what) {
        return CompileException.at(
                place,
                what
                        + ", but a script is the same for all steps; let what changes come with the"
                        + " batch, be drawn by the manager of an input, or be a parameter that is"
                        + " not trained");
    }

    /** What it does. */
    Program program() {
        return program;
    }

    /** The first array of labels; of data, if there are no labels. */
    Value labels() {
        return program.inputs.get(labels.isEmpty() ? 0 : data.size());
    }

    @Override
    public void close() {
        tape.close();
    }
}
