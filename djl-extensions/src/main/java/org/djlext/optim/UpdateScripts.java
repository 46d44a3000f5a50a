/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;

/** Runs the lines of a {@link TorchOptimizer} on lists of arrays. */
final class UpdateScripts {

    private static final String CHECK =
            "def check(x: Tensor):\n    return torch.tensor(x.is_contiguous())\n";

    private final Map<List<String>, TorchScript> compiled = new HashMap<>();

    /** Updates by gradients that are given. */
    void update(
            List<String> lines,
            List<String> names,
            List<NDList> lists,
            NDList gradients,
            double lr) {
        List<Object> arguments = new ArrayList<>(lists);
        arguments.add(gradients);
        arguments.add(lr);
        function("update", lines, names).call(arguments.toArray());
    }

    /** Updates by the gradients that the engine holds, and sets those to zero. */
    void step(List<String> lines, List<String> names, List<NDList> lists, double lr) {
        List<Object> arguments = new ArrayList<>(lists);
        arguments.add(lr);
        function("step", lines, names).call(arguments.toArray());
    }

    private synchronized ScriptFunction function(
            String name, List<String> lines, List<String> names) {
        return compiled.computeIfAbsent(lines, key -> TorchScript.compile(text(key, names)))
                .function(name);
    }

    /** Tells whether the elements of an array lie in memory row by row, without gaps. */
    synchronized boolean isContiguous(NDArray array) {
        TorchScript script = compiled.computeIfAbsent(List.of(), key -> TorchScript.compile(CHECK));
        return script.callForArray(array).getBoolean();
    }

    /**
     * Tells whether a kernel updates whole arrays, and so takes weight, gradient and state for
     * memory of the same order.
     */
    static boolean isFused(List<String> lines) {
        return lines.stream().anyMatch(line -> line.startsWith("_fused_"));
    }

    private static String text(List<String> lines, List<String> names) {
        StringJoiner lists = new StringJoiner("");
        names.forEach(name -> lists.add(name + ": List[Tensor], "));
        StringBuilder text = new StringBuilder();
        text.append("def update(weights: List[Tensor], ")
                .append(lists)
                .append("gradients: List[Tensor], lr: float):\n");
        if (isFused(lines)) {
            text.append("    gradients = [g.contiguous() for g in gradients]\n");
        }
        for (String line : lines) {
            int call = line.indexOf(" = ") + 1;
            String function = call == 0 ? line : line.substring(call + 2);
            text.append("    ")
                    .append(call == 0 ? "" : line.substring(0, call + 2))
                    .append("torch.")
                    .append(function)
                    .append('\n');
        }
        text.append("\ndef step(weights: List[Tensor], ").append(lists).append("lr: float):\n");
        text.append(
                """
                    gradients: List[Tensor] = []
                    for w in weights:
                        g: Optional[Tensor] = w.grad
                        gradients.append(torch.zeros_like(w) if g is None else g)
                """);
        text.append("    update(weights, ");
        names.forEach(name -> text.append(name).append(", "));
        text.append("gradients, lr)\n");
        text.append("    for g in gradients:\n        g.zero_()\n");
        return text.toString();
    }

    synchronized void close() {
        compiled.values().forEach(TorchScript::close);
        compiled.clear();
    }
}
