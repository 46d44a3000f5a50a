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
import org.djlext.autograd.Autograd;
import org.djlext.torch.ScriptArgument;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;
import org.jspecify.annotations.Nullable;

/**
 * A compiled function of lines. It is given lists: what differs from call to call, parameters, what
 * the tape has captured, groups of what an update changes, and numbers. Lists that are the same in
 * many calls are converted once for all of them.
 */
final class LineScript implements AutoCloseable {

    /** The first parameters of the function: a batch, trained parameters, others, captured. */
    static final List<String> LISTS =
            List.of("batch: List[Tensor]", "p: List[Tensor]", "q: List[Tensor]", "a: List[Tensor]");

    private final String text;
    private final TorchScript script;
    private final ScriptFunction function;
    private final NDList captured;
    private final NDList owned;
    // Whether the engine records the function, which may then change no parameter but by another
    // array over the same memory.
    private final boolean isRecorded;
    // Which arrays a group has: parameters first, then what an optimizer keeps for them.
    private final List<List<Integer>> groups;
    private final Map<Integer, Kept> kept = new HashMap<>();

    // A list, and its form for the engine.
    private record Kept(NDList arrays, ScriptArgument argument) {}

    /**
     * Compiles a function.
     *
     * @param name its name
     * @param text a script that has it
     * @param program its lines
     * @param groups the groups that it is given
     * @param updated the values that these are of, with the trained parameters first
     */
    LineScript(
            String name,
            String text,
            Program program,
            List<Line.Group> groups,
            List<Value> updated) {
        this.text = text;
        captured = program.capturedArrays;
        owned = program.owned;
        isRecorded = !program.recorded.isEmpty();
        script = TorchScript.compile(text);
        function = script.function(name);
        this.groups =
                groups.stream()
                        .map(group -> group.values().stream().map(updated::indexOf).toList())
                        .toList();
    }

    /**
     * Calls the function.
     *
     * @param batch what differs from call to call
     * @param trained the parameters that are trained
     * @param others the other parameters
     * @param states what an optimizer keeps for the parameters
     * @param numbers the numbers of an update
     */
    NDList call(NDList batch, NDList trained, NDList others, NDList states, double... numbers) {
        List<@Nullable Object> all = new ArrayList<>(List.of(batch));
        for (NDList list : List.of(trained, others, captured)) {
            all.add(kept(all.size(), list));
        }
        if (!groups.isEmpty()) {
            NDList updated = new NDList(trained);
            updated.addAll(states);
            for (List<Integer> places : groups) {
                all.add(kept(all.size(), new NDList(places.stream().map(updated::get).toList())));
            }
        }
        if (numbers.length > 0) {
            all.add(numbers);
        }
        try (Autograd.Scope mode = isRecorded ? Autograd.enableGrad() : Autograd.noGrad()) {
            return function.call(all.toArray());
        }
    }

    /** Returns what to give the function for a list, whose arrays may be others than before. */
    private ScriptArgument kept(int index, NDList now) {
        Kept before = kept.get(index);
        if (before != null && isSame(before.arrays, now)) {
            return before.argument;
        }
        if (before != null) {
            before.argument.close();
        }
        ScriptArgument argument = converted(index, now);
        kept.put(index, new Kept(now, argument));
        return argument;
    }

    private ScriptArgument converted(int index, NDList now) {
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
        return !isRecorded && KeptLoss.isSame(now, before);
    }

    /** Its text. */
    String text() {
        return text;
    }

    @Override
    public void close() {
        kept.values().forEach(each -> each.argument.close());
        script.close();
        owned.close();
    }
}
