/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.List;
import org.djlext.torch.ScriptArgument;
import org.djlext.torch.ScriptFunction;

/** What a function is given for its {@link Line.Group}s, after its other lists. */
final class GroupArguments implements AutoCloseable {

    // Which arrays a list has: parameters first, then what an optimizer keeps for them.
    private record Kept(List<Integer> places, KeptArgument argument) {}

    private final List<Kept> lists = new ArrayList<>();

    /**
     * Creates the arguments.
     *
     * @param function the function
     * @param first which argument of it is the first group
     * @param groups the groups
     * @param values the parameters, and what an optimizer keeps for them
     * @param isRecorded whether the engine records the function
     */
    GroupArguments(
            ScriptFunction function,
            int first,
            List<Line.Group> groups,
            List<Value> values,
            boolean isRecorded) {
        for (Line.Group group : groups) {
            List<Integer> places = group.values().stream().map(values::indexOf).toList();
            lists.add(
                    new Kept(places, new KeptArgument(function, first + lists.size(), isRecorded)));
        }
    }

    /** Returns groups as a function declares them. */
    static List<String> signature(List<Line.Group> groups) {
        return groups.stream().map(group -> group.name() + ": List[Tensor]").toList();
    }

    /** Returns what to give the function for parameters, and what is kept for them. */
    List<ScriptArgument> of(NDList parameters, NDList states) {
        NDList all = new NDList(parameters);
        all.addAll(states);
        List<ScriptArgument> arguments = new ArrayList<>();
        for (Kept list : lists) {
            NDList own = new NDList(list.places.size());
            list.places.forEach(place -> own.add(all.get(place)));
            arguments.add(list.argument.of(own));
        }
        return arguments;
    }

    @Override
    public void close() {
        lists.forEach(list -> list.argument.close());
    }
}
