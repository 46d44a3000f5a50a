/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.djlext.torch.ScriptArgument;
import org.djlext.torch.ScriptFunction;

/** Lists of arrays for a function, converted once for all calls that they are the same for. */
final class KeptArguments implements AutoCloseable {

    private final ScriptFunction function;
    private final boolean isRecorded;
    private final int firstGroup;
    // Which arrays a group has: parameters first, then what an optimizer keeps for them.
    private final List<List<Integer>> groups;
    private final Map<Integer, Kept> kept = new HashMap<>();

    // A list, and its form for the engine.
    private record Kept(NDList arrays, ScriptArgument argument) {}

    /**
     * Creates the arguments.
     *
     * @param function the function
     * @param isRecorded whether the engine records the function, which may then change no parameter
     *     but by another array over the same memory
     * @param firstGroup which argument is the first group
     * @param groups the groups that the function is given as its last lists
     * @param values the parameters, and what an optimizer keeps for them
     */
    KeptArguments(
            ScriptFunction function,
            boolean isRecorded,
            int firstGroup,
            List<Line.Group> groups,
            List<Value> values) {
        this.function = function;
        this.isRecorded = isRecorded;
        this.firstGroup = firstGroup;
        this.groups =
                groups.stream()
                        .map(group -> group.values().stream().map(values::indexOf).toList())
                        .toList();
    }

    /** Returns what to give the function for a list, whose arrays may be others than before. */
    ScriptArgument of(int index, NDList now) {
        Kept before = kept.get(index);
        if (before != null && isSame(before.arrays, now)) {
            return before.argument;
        }
        if (before != null) {
            before.argument.close();
        }
        ScriptArgument argument = convert(index, now);
        kept.put(index, new Kept(now, argument));
        return argument;
    }

    /** Returns what to give the function for its groups. */
    List<ScriptArgument> groups(NDList parameters, NDList states) {
        NDList all = new NDList(parameters);
        all.addAll(states);
        List<ScriptArgument> arguments = new ArrayList<>();
        for (List<Integer> places : groups) {
            NDList own = new NDList(places.stream().map(all::get).toList());
            arguments.add(of(firstGroup + arguments.size(), own));
        }
        return arguments;
    }

    private ScriptArgument convert(int index, NDList now) {
        if (!isRecorded) {
            return function.argument(index, now);
        }
        // The argument holds what it needs.
        try (NDList detached = new NDList(now.stream().map(NDArray::stopGradient).toList())) {
            return function.argument(index, detached);
        }
    }

    private boolean isSame(NDList before, NDList now) {
        // What was detached stays where the array was, when that is set to other memory.
        boolean same = !isRecorded && now.size() == before.size();
        for (int i = 0; same && i < now.size(); i++) {
            same = now.get(i) == before.get(i);
        }
        return same;
    }

    @Override
    public void close() {
        kept.values().forEach(each -> each.argument.close());
        kept.clear();
    }
}
