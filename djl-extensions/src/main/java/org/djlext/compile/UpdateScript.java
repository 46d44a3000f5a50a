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

/** The update of all parameters by gradients that are there, as one call. */
final class UpdateScript implements AutoCloseable {

    private final TorchScript script;
    private final ScriptFunction function;
    private final KeptArgument keptParameters;
    private final KeptArgument keptStates;
    private final OptimizerSettings settings;
    private final String text;

    UpdateScript(NDList parameters, OptimizerSettings settings) {
        this.settings = settings;
        List<Value> values = new ArrayList<>();
        List<Value> gradients = new ArrayList<>();
        List<Value> states = new ArrayList<>();
        Updates updates = new Updates();
        for (NDArray parameter : parameters) {
            Value value = value("p" + values.size(), parameter);
            Value gradient = value("g" + values.size(), parameter);
            List<Value> own = new ArrayList<>();
            for (int k = 0; k < settings.states(); k++) {
                own.add(value("s" + (states.size() + k), parameter));
            }
            values.add(value);
            gradients.add(gradient);
            states.addAll(own);
            settings.write(updates, new Updates.Update(value, gradient, own));
        }
        ScriptWriter writer = new ScriptWriter();
        writer.begin(
                "update",
                List.of(
                        "g: List[Tensor]",
                        "p: List[Tensor]",
                        "s: List[Tensor]",
                        "lr: float",
                        "rate: float"));
        writer.unpack(gradients, "g", false);
        writer.unpack(values, "p", true);
        writer.unpack(states, "s", false);
        writer.lines(updates.lines());
        writer.line("return None");
        text = writer.toString();
        script = TorchScript.compile(text);
        function = script.function("update");
        keptParameters = new KeptArgument(function, 1);
        keptStates = new KeptArgument(function, 2);
    }

    private static Value value(String name, NDArray array) {
        return new Value(
                name, array.getShape(), array.getDataType(), Value.Origin.PARAMETER, false);
    }

    OptimizerSettings settings() {
        return settings;
    }

    String text() {
        return text;
    }

    /** Updates the parameters. */
    void update(NDList gradients, NDList parameters, NDList states, double[] rates) {
        try (Autograd.Scope unrecorded = Autograd.noGrad()) {
            function.call(
                    gradients,
                    keptParameters.of(parameters),
                    keptStates.of(states),
                    rates[0],
                    rates[rates.length - 1]);
        }
    }

    @Override
    public void close() {
        keptParameters.close();
        keptStates.close();
        script.close();
    }
}
