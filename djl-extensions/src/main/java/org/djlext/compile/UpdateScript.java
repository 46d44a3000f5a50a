/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.List;
import org.djlext.autograd.Autograd;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;
import org.jspecify.annotations.Nullable;

/** The update of all parameters by gradients that are there, as one call. */
final class UpdateScript implements AutoCloseable {

    private final TorchScript script;
    private final ScriptFunction function;
    private final KeptArguments arguments;

    UpdateScript(NDList parameters, StepUpdate update) {
        List<Value> values = values("p", parameters, Value.Origin.PARAMETER);
        List<Value> gradients = values("g", parameters, Value.Origin.RESULT);
        List<Value> states = values("s", update.states(), Value.Origin.PARAMETER);
        UpdateLines lines = new UpdateLines();
        lines.update(update, values, gradients, states);
        List<Line.Group> all = Line.Group.of(lines.lines());
        List<String> signature = new ArrayList<>(List.of("g: List[Tensor]"));
        signature.addAll(Line.Group.signature(all));
        update.numbers().forEach(number -> signature.add(number + ": float"));
        ScriptWriter writer = new ScriptWriter();
        writer.begin("update", signature);
        writer.unpack(gradients, "g");
        writer.lines(lines.lines());
        writer.line("return None");
        script = TorchScript.compile(writer.toString());
        function = script.function("update");
        values.addAll(states);
        arguments = new KeptArguments(function, false, 1, all, values);
    }

    /** Returns values for arrays: p0, p1, .. */
    static List<Value> values(String letter, NDList arrays, Value.Origin origin) {
        List<Value> values = new ArrayList<>();
        for (NDArray array : arrays) {
            String name = letter + values.size();
            values.add(new Value(name, array.getShape(), array.getDataType(), origin, false));
        }
        return values;
    }

    /** Updates the parameters. */
    void update(NDList gradients, NDList parameters, NDList states, double[] numbers) {
        List<@Nullable Object> all = new ArrayList<>(List.of(gradients));
        all.addAll(arguments.groups(parameters, states));
        for (double number : numbers) {
            all.add(number);
        }
        try (Autograd.Scope unrecorded = Autograd.noGrad()) {
            function.call(all.toArray());
        }
    }

    @Override
    public void close() {
        arguments.close();
        script.close();
    }
}
