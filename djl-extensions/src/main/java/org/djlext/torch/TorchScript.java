/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Operations written in TorchScript, PyTorch's subset of Python, and compiled by the engine.
 *
 * <p>Every operation of libtorch is at hand, also those that DJL does not show, and any number of
 * them is one call into native code.
 *
 * <pre>{@code
 * TorchScript script = TorchScript.compile("""
 *         def swish(x, beta: float = 1.0):
 *             return x * torch.sigmoid(beta * x)
 *         """);
 * NDArray y = script.callForArray(x, 1.5);
 * }</pre>
 *
 * <p>A source is one or more functions at the left margin, which may call each other by name. A
 * parameter without a type is a {@code Tensor}; other types are written as in Python, and a
 * function with several results needs no annotation. (A leading {@code self}, as in a method, is
 * allowed and means nothing.) {@code torch.} stands for libtorch's own functions: {@code
 * torch.softmax} is there, and what PyTorch writes in Python, such as {@code torch.nn.functional},
 * is not. Constants belong on the device of an argument: {@code torch.zeros([2], dtype=x.dtype,
 * device=x.device)}.
 *
 * <p>While grad mode is on, a call is recorded operation by operation, and its results and
 * gradients are those of the same operations in plain DJL, to the bit, in the first call and in
 * every later one: the engine's profiling optimizer is off during a call. Arguments may be changed
 * in place.
 *
 * <p>A script may be called by any number of threads. Its memory is freed when it is closed; calls
 * that are running then still complete, and graphs that came from it stay valid.
 *
 * <p>Cost: a script of one multiplication takes three to five times as long as {@code x.mul(w)} (6
 * against 2 microseconds at 32x200), one of nine operations a third of the time of the nine. {@code
 * ScriptCallCost} among the tests measures it and names the command.
 */
public final class TorchScript implements AutoCloseable {

    /** What the names of functions begin with that wait for the other ranks of a group. */
    public static final String COLLECTIVES = "ops._c10d_functional.";

    private final ScriptModule module;
    private final Map<String, ScriptFunction> functions = new LinkedHashMap<>();

    private TorchScript(ScriptSource source, ScriptModule module) {
        this.module = module;
        source.functions()
                .forEach(
                        (name, parameters) ->
                                functions.put(
                                        name,
                                        new ScriptFunction(name, parameters, source, module)));
    }

    /**
     * {@return the name of a function of libtorch as a script calls it, with what it is in}
     *
     * @param function its name, such as "matmul", or {@value #COLLECTIVES} and a name
     */
    public static String path(String function) {
        return function.startsWith(COLLECTIVES) ? function : "torch." + function;
    }

    /**
     * Compiles a source.
     *
     * @param source the source; what all lines are indented by does not count
     * @return the script
     * @throws IllegalArgumentException if the source is not made of functions
     * @throws TorchScriptException if the engine cannot compile it; the message shows the line
     */
    public static TorchScript compile(String source) {
        ScriptSource translated = new ScriptSource(source);
        try {
            String name = "the script with " + String.join(", ", translated.functions().keySet());
            return new TorchScript(
                    translated, ScriptModule.load(ScriptArchive.write(translated.code()), name));
        } catch (EngineException e) {
            throw ScriptErrors.compile(translated, e);
        }
    }

    /**
     * Returns a function of the script.
     *
     * @param name its name
     * @return the function
     * @throws IllegalArgumentException if there is none of that name
     */
    public ScriptFunction function(String name) {
        ScriptFunction function = functions.get(name);
        if (function == null) {
            throw new IllegalArgumentException(
                    "the script has no function " + name + ", but " + functions());
        }
        return function;
    }

    /** {@return the names of the functions, in the order of the source} */
    public Set<String> functions() {
        return functions.keySet();
    }

    /**
     * Calls the script's only function, or the one called {@code forward}.
     *
     * @param arguments the arguments
     * @return the results
     * @throws IllegalStateException if it is not clear which function is meant
     * @see ScriptFunction#call
     */
    public NDList call(@Nullable Object... arguments) {
        return main().call(arguments);
    }

    /**
     * Calls the script's only function, or the one called {@code forward}, which has one result.
     *
     * @param arguments the arguments
     * @return the result
     * @throws IllegalStateException if it is not clear which function is meant
     * @see ScriptFunction#callForArray
     */
    public NDArray callForArray(@Nullable Object... arguments) {
        return main().callForArray(arguments);
    }

    private ScriptFunction main() {
        ScriptFunction forward = functions.get("forward");
        if (forward != null) {
            return forward;
        }
        if (functions.size() > 1) {
            throw new IllegalStateException(
                    "the script has several functions and none called forward, so name the one to"
                            + " call: function(name) with one of "
                            + functions());
        }
        return functions.values().iterator().next();
    }

    /** Frees the script in the engine. Arrays that it returned are not affected. */
    @Override
    public void close() {
        module.close();
    }
}
