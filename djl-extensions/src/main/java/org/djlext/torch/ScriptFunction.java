/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A function of a {@link TorchScript}. May be called by any number of threads. */
public final class ScriptFunction {

    private final String name;
    private final List<ScriptParameter> parameters;
    private final int required;
    private final ScriptSource source;
    private final ScriptModule module;

    ScriptFunction(
            String name,
            List<ScriptParameter> parameters,
            ScriptSource source,
            ScriptModule module) {
        this.name = name;
        this.parameters = parameters;
        required = (int) parameters.stream().filter(p -> !p.hasDefault()).count();
        this.source = source;
        this.module = module;
    }

    /**
     * Calls the function. While gradients are recorded on this thread, what it does is recorded.
     *
     * <p>An argument is an NDArray for a {@code Tensor}; an NDList or another List of NDArrays for
     * a {@code List[Tensor]}; an int or long for an {@code int}; any number for a {@code float}; a
     * boolean for a {@code bool}; a String for a {@code str}; an {@code int[]} or {@code long[]}
     * for a {@code List[int]}; a {@code double[]} for a {@code List[float]}; a {@code boolean[]}
     * for a {@code List[bool]}; and one of these or null for an {@code Optional}. Arguments that
     * have a default may be left out at the end.
     *
     * @param arguments the arguments, at least one array among them
     * @return the results, attached to the manager of the first array: one for a tensor, all in
     *     order for tuples and lists, also nested; a number, boolean or string as a scalar array,
     *     and a list of numbers or booleans as one array; null for a None among others, and nothing
     *     for None alone
     * @throws IllegalArgumentException if number or types of the arguments are not those of the
     *     function
     * @throws IllegalStateException if the script is closed
     * @throws TorchScriptException if the call fails; the message shows the line
     */
    public NDList call(@Nullable Object... arguments) {
        if (arguments.length < required || arguments.length > parameters.size()) {
            throw new IllegalArgumentException(wrongCount(arguments.length));
        }
        ScriptRecorder recorder = ScriptRecorder.of(arguments);
        if (recorder != null) {
            return recorder.call(this, arguments);
        }
        PtNDManager manager = manager(arguments);
        IValue[] values = new IValue[arguments.length];
        try {
            for (int i = 0; i < values.length; i++) {
                IValue value =
                        arguments[i] instanceof ScriptArgument prepared
                                ? prepared.value()
                                : parameters.get(i).convert(name, i, arguments[i]);
                values[i] = value == null ? module.none() : value;
            }
            try (IValue result = module.run(name, values)) {
                NDList results = new NDList();
                if (result.isTensor() || !isNone(result)) {
                    addTo(results, result, manager);
                }
                return results;
            }
        } catch (EngineException e) {
            throw ScriptErrors.run(source, describe(arguments), e);
        } finally {
            for (int i = 0; i < values.length; i++) {
                IValue value = values[i];
                if (value != null
                        && value != module.none()
                        && !(arguments[i] instanceof ScriptArgument)) {
                    value.close();
                }
            }
        }
    }

    /** {@return the name of the function} */
    public String name() {
        return name;
    }

    /**
     * {@return the source that the function is a part of, for another script to be a part of}
     *
     * @param prefix what the names of all functions of the source begin with there
     */
    public String source(String prefix) {
        return source.prefixed(prefix);
    }

    /**
     * {@return the type of a parameter as the source declares it, without spaces: "List[float]"}
     *
     * @param index the number of the parameter, from 0
     */
    public String parameterType(int index) {
        return parameters.get(index).spelling();
    }

    /**
     * Converts an argument once for many calls.
     *
     * @param index the number of the parameter, from 0
     * @param value what a call could be given there, not null
     * @return what calls of this function can be given in its place, to be closed after the last
     * @throws IllegalArgumentException if the value is not of the parameter's type
     */
    public ScriptArgument argument(int index, Object value) {
        ScriptParameter parameter = parameters.get(index);
        IValue converted = Objects.requireNonNull(parameter.convert(name, index, value));
        return new ScriptArgument(converted, ScriptParameter.describe(value));
    }

    /**
     * Calls a function that has one result.
     *
     * @param arguments the arguments, as for {@link #call}
     * @return the result
     * @throws IllegalStateException if there are more results or none
     * @see #call
     */
    public NDArray callForArray(@Nullable Object... arguments) {
        NDList results = call(arguments);
        int count = results.size();
        if (count != 1) {
            results.close();
            throw new IllegalStateException(
                    ("%s must return one array to be called with callForArray, but returned %s; use"
                                    + " call")
                            .formatted(name, count));
        }
        return results.get(0);
    }

    private PtNDManager manager(@Nullable Object... arguments) {
        for (Object argument : arguments) {
            Object first =
                    argument instanceof List<?> list && !list.isEmpty() ? list.get(0) : argument;
            if (first instanceof PtNDArray array && !array.isReleased()) {
                return array.getManager();
            }
        }
        for (int i = 0; i < arguments.length; i++) {
            // Says which argument is wrong, if one is.
            IValue value = parameters.get(i).convert(name, i, arguments[i]);
            if (value != null) {
                value.close();
            }
        }
        throw new IllegalArgumentException(
                name
                        + " must get at least one array, whose manager takes the results, but got "
                        + "none; add an array to its parameters, on whose device it can compute");
    }

    private static boolean isNone(IValue value) {
        return value.getType().equals("NoneType");
    }

    private void addTo(NDList results, IValue value, PtNDManager manager) {
        if (value.isTensor()) {
            results.add(value.toTensor(manager));
        } else if (value.isTensorList()) {
            results.addAll(List.of(value.toTensorArray(manager)));
        } else if (value.isTuple()) {
            addAll(results, value.toIValueTuple(), manager);
        } else if (value.isLong()) {
            results.add(manager.create(value.toLong()));
        } else if (value.isDouble()) {
            results.add(manager.create(value.toDouble()));
        } else if (value.isBoolean()) {
            results.add(manager.create(value.toBoolean()));
        } else if (value.isString()) {
            results.add(manager.create(value.toStringValue()));
        } else if (value.isLongList()) {
            results.add(manager.create(value.toLongArray()));
        } else if (value.isDoubleList()) {
            results.add(manager.create(value.toDoubleArray()));
        } else if (value.isBooleanList()) {
            results.add(manager.create(value.toBooleanArray()));
        } else if (value.isList()) {
            addAll(results, value.toIValueArray(), manager);
        } else if (isNone(value)) {
            results.add(null);
        } else {
            throw new IllegalStateException(
                    ("%s must return tensors, numbers, strings, or tuples and lists of these, but"
                                    + " returned a %s")
                            .formatted(name, value.getType()));
        }
    }

    private void addAll(NDList results, IValue[] values, PtNDManager manager) {
        try {
            for (IValue value : values) {
                addTo(results, value, manager);
            }
        } finally {
            for (IValue value : values) {
                value.close();
            }
        }
    }

    private String wrongCount(int got) {
        String counts =
                required == parameters.size()
                        ? String.valueOf(required)
                        : required + " to " + parameters.size();
        String all =
                parameters.stream()
                        .map(ScriptParameter::toString)
                        .collect(Collectors.joining(", "));
        return "%s takes %s %s (%s), but got %s"
                .formatted(name, counts, counts.equals("1") ? "argument" : "arguments", all, got);
    }

    /** Returns the call for messages: "matmul(x: float32 (2, 3), w: float32 (2, 3))". */
    private String describe(@Nullable Object... arguments) {
        List<String> described = new ArrayList<>();
        for (int i = 0; i < arguments.length; i++) {
            described.add(parameters.get(i).name() + ": " + ScriptParameter.describe(arguments[i]));
        }
        return name + "(" + String.join(", ", described) + ")";
    }
}
