/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;
import org.jspecify.annotations.Nullable;

/**
 * Calls functions of libtorch by their names, also those that DJL does not show. A call is recorded
 * like any operation of the engine, and it can be compiled.
 *
 * <pre>{@code
 * NDArray y = EngineFunction.callForArray("gelu", x, "approximate='tanh'");
 * }</pre>
 */
public final class EngineFunction {

    // One for each function and kinds of arguments; the numbers themselves are not in it.
    private static final Map<String, ScriptFunction> COMPILED = new ConcurrentHashMap<>();

    private EngineFunction() {}

    /**
     * Calls a function.
     *
     * @param function its name, such as "native_layer_norm", or {@value TorchScript#COLLECTIVES}
     *     and a name
     * @param arguments its arguments, at least one array among them: arrays, lists of arrays,
     *     numbers, booleans, a {@code Shape} or {@code long[]} for a list of whole numbers, null
     *     for None, and a String for text that is written as it is, such as "approximate='tanh'"
     * @return its results, attached to the manager of the first array
     * @throws org.djlext.torch.TorchScriptException if libtorch has no such function, or it refuses
     *     the arguments
     */
    public static NDList call(String function, @Nullable Object... arguments) {
        NDList arrays = new NDList();
        StringBuilder parameters = new StringBuilder("def call(");
        StringBuilder body = new StringBuilder(TorchScript.path(function)).append('(');
        List<Object> values = new ArrayList<>();
        String comma = "";
        for (int i = 0; i < arguments.length; i++) {
            Object argument = arguments[i];
            body.append(i == 0 ? "" : ", ");
            if (argument == null || argument instanceof String) {
                body.append(argument == null ? "None" : argument);
                continue;
            }
            if (argument instanceof NDArray array) {
                arrays.add(array);
            } else if (argument instanceof NDList list) {
                arrays.addAll(list);
            }
            body.append('a').append(i);
            parameters.append(comma).append('a').append(i).append(kind(argument));
            comma = ", ";
            values.add(argument instanceof Shape shape ? shape.getShape() : argument);
        }
        Recorder recorder = Recorder.of(arrays);
        if (recorder != null) {
            return recorder.call(function, arguments);
        }
        String source = parameters + "):\n    return " + body + ")\n";
        return COMPILED.computeIfAbsent(source, text -> TorchScript.compile(text).function("call"))
                .call(values.toArray());
    }

    /**
     * Calls a function that has one result.
     *
     * @param function its name
     * @param arguments its arguments, as for {@link #call}
     * @return the result
     */
    public static NDArray callForArray(String function, @Nullable Object... arguments) {
        return call(function, arguments).singletonOrThrow();
    }

    private static String kind(Object argument) {
        if (argument instanceof NDArray) {
            return "";
        }
        if (argument instanceof NDList) {
            return ": List[Tensor]";
        }
        if (argument instanceof Boolean) {
            return ": bool";
        }
        if (argument instanceof Integer || argument instanceof Long) {
            return ": int";
        }
        if (argument instanceof Number) {
            return ": float";
        }
        if (argument instanceof Shape || argument instanceof long[]) {
            return ": List[int]";
        }
        throw new IllegalArgumentException(
                "functions of the engine take arrays, numbers, booleans, shapes and null, but got a "
                        + argument.getClass().getSimpleName());
    }
}
