/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.EngineFunction;
import org.djlext.autograd.Recorder;
import org.djlext.torch.RandomState;
import org.djlext.torch.ScriptFunction;
import org.jspecify.annotations.Nullable;

/**
 * Notes as lines of a script what is done with its arrays, while it is done.
 *
 * <p>Each array of the tape holds one of the engine beside its {@link Value}, so that shapes, types
 * and checks in Java code work as ever. Nothing is changed in place: what {@code addi} computes is
 * a new value, which the array stands for from then on.
 */
final class Tape implements Recorder, AutoCloseable {

    private final Program program = new Program(List.of(), List.of());
    private final Marks marks = new Marks(this);
    private final IdentityHashMap<Value, NDArray> arrays = new IdentityHashMap<>();
    private final ScriptCalls scripts = new ScriptCalls(this, program);
    private final NDManager scratch;
    private final TracedManager manager;
    private final @Nullable NDArray randomState;
    private @Nullable String fixedSource;
    private int marksOpen;
    private int results;

    Tape(NDManager parent) {
        scratch = parent.newSubManager();
        manager = new TracedManager(this, scratch);
        randomState = randomState(scratch);
    }

    // Where the native library does not run, what is drawn while recording is gone.
    private static @Nullable NDArray randomState(NDManager manager) {
        try {
            return RandomState.get(manager, manager.getDevice());
        } catch (UnsupportedOperationException e) {
            return null;
        }
    }

    /** What has been noted. */
    Program program() {
        return program;
    }

    List<Line> lines() {
        return program.step;
    }

    /** Calls of functions with a backward of their own. */
    List<Marks.Mark> marks() {
        return marks.all();
    }

    /** The manager of all arrays of the tape, on which to create others. */
    TracedManager manager() {
        return manager;
    }

    /** The manager of the engine's arrays behind those of the tape. */
    NDManager scratch() {
        return scratch;
    }

    /** Puts an array on the tape that each step is given. */
    TracedArray input(String name, NDArray array, Value.Origin origin, boolean differentiable) {
        NDArray alias = array.stopGradient();
        alias.setName(array.getName());
        alias.attach(scratch);
        return traced(new Value(name, array, origin, differentiable), alias);
    }

    private TracedArray traced(Value value, NDArray real) {
        arrays.put(value, real);
        return new TracedArray(this, value, real);
    }

    /** Puts a batch on the tape: x0, x1, .. */
    NDList inputs(String letter, NDList arrays) {
        NDList inputs = new NDList();
        for (NDArray array : arrays) {
            String name = letter + inputs.size();
            inputs.add(input(name, array, Value.Origin.BATCH, false).array());
        }
        return inputs;
    }

    /** Returns zeros of the shape and type of a value. */
    NDArray zeros(Value like) {
        return manager.manager().zeros(like.shape, like.type);
    }

    /** Notes an operation with one result. */
    NDArray record(String operation, NDArray real, @Nullable Object... arguments) {
        return recordAll(operation, new NDList(real), arguments).get(0);
    }

    /** Notes an operation of backward, whose numbers nobody reads: the shapes alone are right. */
    NDList recordShapes(String operation, NDList shapes, @Nullable Object... arguments) {
        return recordAll(false, operation, shapes, arguments);
    }

    /** Notes an operation. */
    NDList recordAll(String operation, NDList reals, @Nullable Object... arguments) {
        return recordAll(true, operation, reals, arguments);
    }

    private NDList recordAll(
            boolean areNumbersRight,
            String operation,
            NDList reals,
            @Nullable Object... arguments) {
        Line line = new Line(operation, arguments(arguments), new ArrayList<>(), source());
        boolean differentiable = marksOpen == 0 && !operation.equals("detach");
        boolean constant = areNumbersRight && !line.isRandom() && !line.isCopy();
        boolean any = false;
        for (Value operand : line.operands()) {
            any |= operand.differentiable;
            constant &= operand.origin == Value.Origin.CONSTANT;
        }
        TracedArray viewed = line.isView() ? TracedArray.of(arguments[0]) : null;
        NDList recorded = new NDList(reals.size());
        for (NDArray real : reals) {
            Value.Origin origin = constant ? Value.Origin.CONSTANT : Value.Origin.RESULT;
            Value value = new Value("t" + results++, real, origin, differentiable && any);
            line.results().add(value);
            if (constant) {
                program.constants.put(value, real);
            }
            TracedArray result = traced(value, real);
            recorded.add((viewed == null ? result : result.viewOf(viewed)).array());
        }
        program.step.add(line);
        return recorded;
    }

    /** Notes a call that only changes its arguments. */
    void change(String operation, @Nullable Object... arguments) {
        program.step.add(new Line(operation, arguments(arguments), List.of(), source()));
    }

    /** Returns an array of the tape, for one that the Java code may have from elsewhere. */
    TracedArray known(NDArray array) {
        TracedArray known = TracedArray.of(array);
        return known == null ? traced(captured(array), array) : known;
    }

    /** Returns the value of an array from elsewhere, the same each time. */
    private Value captured(NDArray array) {
        int known = 0;
        while (known < program.captured.size()) {
            if (program.capturedArrays.get(known) == array) {
                return program.captured.get(known);
            }
            known++;
        }
        if (!(array instanceof PtNDArray)) {
            throw CompileException.at(
                    source(),
                    "an operand must be an array of the PyTorch engine, but is a "
                            + array.getClass().getSimpleName());
        }
        if (array.hasGradient()) {
            throw CompileException.at(
                    source(),
                    "an array of shape "
                            + array.getShape()
                            + " requires a gradient, but is no parameter of the block, or was"
                            + " computed of one without the recorded arrays; make it a parameter"
                            + " with addParameter, and get it from the ParameterStore");
        }
        Value value = new Value("a" + known, array, Value.Origin.CAPTURED, false);
        program.captured.add(value);
        program.capturedArrays.add(array);
        return value;
    }

    /** Puts an array that was made of numbers in Java on the tape. */
    NDArray constant(NDArray array) {
        String name = "c" + program.constants.size();
        Value value = new Value(name, array, Value.Origin.CONSTANT, false);
        program.constants.put(value, array);
        return traced(value, array).array();
    }

    private List<Object> arguments(@Nullable Object... given) {
        List<Object> arguments = new ArrayList<>();
        for (Object argument : given) {
            arguments.add(argument(argument));
        }
        return arguments;
    }

    /** Returns an argument as a line has it. */
    private Object argument(@Nullable Object argument) {
        TracedArray traced =
                argument instanceof NDArray array ? known(array) : TracedArray.of(argument);
        if (traced != null) {
            return own(traced);
        }
        if (argument instanceof Value || argument instanceof Line) {
            return argument;
        }
        if (argument instanceof List<?> list) {
            return list.stream().map(this::argument).toList();
        }
        return Literal.of(argument);
    }

    private Value own(TracedArray traced) {
        if (traced.tape() != this) {
            throw CompileException.at(
                    source(),
                    "it uses an array that an earlier step has computed, but a script begins each"
                            + " step with parameters and batch alone; make it a parameter that is"
                            + " not trained");
        }
        return traced.read();
    }

    @Override
    public NDList call(String function, @Nullable Object... args) {
        List<Value> changed = new Line(function, arguments(args), List.of(), "").written();
        @Nullable Object[] given =
                MethodCall.reals(
                        args,
                        array ->
                                changed.contains(known(array).read())
                                        ? Conversions.writable(known(array))
                                        : array);
        Line line = new Line(function, arguments(given), List.of(), "");
        if (!scratch.getDevice().isGpu() && Networks.isPlainAttention(line)) {
            NDList all = call(Networks.ATTENTION, Networks.withoutMask(given));
            return new NDList(all.head());
        }
        // What a step changes is not changed by its trace.
        UnaryOperator<NDArray> real =
                array ->
                        line.written().contains(known(array).read())
                                ? Shapes.realOf(array).duplicate()
                                : Shapes.realOf(array);
        // The other ranks need not trace now. What matters here is the shape.
        NDList results =
                line.isCollective()
                        ? new NDList(Shapes.realOf((NDArray) given[0]).duplicate())
                        : EngineFunction.call(function, MethodCall.reals(given, real));
        return recordAll(function, results, given);
    }

    @Override
    public NDList call(ScriptFunction function, @Nullable Object... arguments) {
        return scripts.call(function, arguments);
    }

    /** Returns an array for a value of the tape. */
    NDArray array(Value value) {
        NDArray real = arrays.get(value);
        if (real == null) {
            throw new IllegalStateException(value + " is not on the tape");
        }
        return new TracedArray(this, value, real).array();
    }

    /** The place in Java that lines come from now. */
    String source() {
        return fixedSource == null ? SourceLine.current() : fixedSource;
    }

    /** Notes what is done in between as coming from one place. */
    void at(String source, Runnable work) {
        String before = fixedSource;
        fixedSource = source;
        try {
            work.run();
        } finally {
            fixedSource = before;
        }
    }

    /** Does something whose lines are not differentiated, because a rule says how. */
    <T> T undifferentiated(Supplier<T> work) {
        marksOpen++;
        try {
            return work.get();
        } finally {
            marksOpen--;
        }
    }

    /** Tells whether what is noted now is not differentiated. */
    boolean isUndifferentiated() {
        return marksOpen > 0;
    }

    @Override
    public NDList record(AutogradFunction function, NDList inputs) {
        return marks.record(function, inputs);
    }

    @Override
    public NDList grad(
            NDList outputs,
            NDList inputs,
            NDList gradOutputs,
            boolean createGraph,
            boolean allowUnused) {
        NDList upstream = new NDList();
        for (int k = 0; k < outputs.size(); k++) {
            NDArray given = gradOutputs.get(k);
            upstream.add(given == null ? outputs.get(k).onesLike() : known(given).array());
        }
        return Differentiation.grad(this, outputs, inputs, upstream, createGraph, allowUnused);
    }

    /** The same array as a value of its own, which has a gradient. */
    TracedArray differentiable(TracedArray output) {
        Value value = output.read();
        Value result =
                new Value("t" + results++, value.shape, value.type, Value.Origin.RESULT, true);
        program.step.add(new Line("alias", List.of(value), List.of(result), source()));
        return traced(result, output.real());
    }

    /** Frees the engine's arrays behind the tape's, and restores the state of the generator. */
    @Override
    public void close() {
        if (randomState != null) {
            RandomState.set(randomState, scratch.getDevice());
        }
        scratch.close();
    }
}
