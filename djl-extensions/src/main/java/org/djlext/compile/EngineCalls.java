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
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.djlext.torch.TorchScript;

/** Calls of the engine's own functions while a step is traced. */
final class EngineCalls implements AutoCloseable {

    private final Map<String, TorchScript> scripts = new HashMap<>();

    /** Returns what a line computes, as arrays of the engine. */
    NDList run(Line line, Tape tape) {
        List<Value> operands = line.operands().stream().distinct().toList();
        if (line.isCollective()) {
            // The other ranks need not trace now. What matters here is the shape.
            return new NDList(Shapes.realOf(tape.array(operands.get(0))).duplicate());
        }
        StringJoiner parameters = new StringJoiner(", ", "def call(", "):\n    return ");
        IdentityHashMap<Value, Value> places = new IdentityHashMap<>();
        List<Value> written = line.written();
        List<NDArray> reals = new ArrayList<>();
        for (Value operand : operands) {
            // Names that do not depend on the place on the tape: layers make the same call.
            Value place = operand.renamed("x" + reals.size());
            places.put(operand, place);
            parameters.add(place.name);
            NDArray real = Shapes.realOf(tape.array(operand));
            // What a step changes is not changed by its trace.
            reals.add(written.contains(operand) ? real.duplicate() : real);
        }
        String text = parameters + line.replaceOperands(places::get).call() + "\n";
        return scripts.computeIfAbsent(text, TorchScript::compile).call(reals.toArray());
    }

    @Override
    public void close() {
        scripts.values().forEach(TorchScript::close);
    }
}
