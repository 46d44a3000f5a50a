/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.ops.InPlace;
import org.jspecify.annotations.Nullable;

/** Calls of a user's own scripts, whose functions become a part of the script of the tape. */
final class ScriptCalls {

    // Stands in a source for what the names of its functions are to begin with.
    private static final String MARK = "djlext_script_";

    private final Tape tape;
    private final Program program;
    // The sources, and what the names of their functions begin with.
    private final Map<String, String> prefixes = new HashMap<>();

    ScriptCalls(Tape tape, Program program) {
        this.tape = tape;
        this.program = program;
    }

    /** Notes a call. */
    NDList call(ScriptFunction function, @Nullable Object... given) {
        String prefix = prefixes.computeIfAbsent(function.source(MARK), this::add);
        List<@Nullable Object> reals = new ArrayList<>();
        List<@Nullable Object> arguments = new ArrayList<>();
        NDList copies = new NDList();
        for (int i = 0; i < given.length; i++) {
            reals.add(real(given[i], copies));
            arguments.add(argument(function.parameterType(i), given[i]));
        }
        List<ByteBuffer> before = numbers(copies);
        NDList results = function.call(reals.toArray());
        if (!numbers(copies).equals(before)) {
            throw CompileException.at(
                    tape.source(),
                    "the script function "
                            + function.name()
                            + " changes an argument in place; let it return a new array instead");
        }
        NDList recorded = tape.recordAll(prefix + function.name(), results, arguments.toArray());
        for (int k = 0; k < results.size(); k++) {
            if (isInMemoryOf(results.get(k), copies)) {
                recorded.set(k, tape.record("clone", results.get(k), recorded.get(k)));
            }
        }
        return recorded;
    }

    private String add(String source) {
        String prefix = Line.SCRIPT + prefixes.size() + "_";
        program.functions += source.replace(MARK, prefix) + "\n";
        return prefix;
    }

    /** Returns the engine's arrays of an argument, copied so that the function may change them. */
    private @Nullable Object real(@Nullable Object argument, NDList copies) {
        if (argument instanceof NDArray array) {
            NDArray copy = Shapes.realOf(array).duplicate();
            copy.attach(tape.scratch());
            copies.add(copy);
            return copy;
        }
        if (argument instanceof List<?> list) {
            return list.stream().map(each -> real(each, copies)).toList();
        }
        return argument;
    }

    private static @Nullable Object argument(String type, @Nullable Object argument) {
        if (argument instanceof String text) {
            return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
        }
        return argument instanceof Number number && type.contains("float")
                ? (Object) number.doubleValue()
                : argument;
    }

    private static List<ByteBuffer> numbers(NDList arrays) {
        return arrays.stream().map(NDArray::toByteBuffer).toList();
    }

    /** Tells whether an array shares memory with others, by a look at what changes with it. */
    private static boolean isInMemoryOf(NDArray result, NDList others) {
        List<ByteBuffer> before = numbers(others);
        NDArray kept = result.duplicate();
        InPlace.copy(result, kept.eq(0).toType(kept.getDataType(), false));
        boolean isShared = !numbers(others).equals(before);
        InPlace.copy(result, kept);
        return isShared;
    }
}
