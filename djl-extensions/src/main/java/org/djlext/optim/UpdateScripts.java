/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.optim;

import static java.util.stream.Collectors.joining;

import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.djlext.torch.TorchScript;

/** Runs the lines of a {@link TorchOptimizer} on lists of arrays. */
final class UpdateScripts {

    private final Map<List<String>, TorchScript> compiled = new HashMap<>();

    /**
     * Calls a function: "update", by gradients that are the last list, or "step", by those that the
     * engine holds, which it sets to zero.
     */
    void call(
            String function,
            List<String> lines,
            List<String> names,
            List<NDList> lists,
            double lr) {
        List<Object> arguments = new ArrayList<>(lists);
        arguments.add(lr);
        script(lines, names).function(function).call(arguments.toArray());
    }

    private synchronized TorchScript script(List<String> lines, List<String> names) {
        return compiled.computeIfAbsent(lines, key -> TorchScript.compile(text(key, names)));
    }

    /**
     * Tells whether a kernel updates whole arrays, and so takes weight, gradient and state for
     * memory of the same order.
     */
    static boolean isFused(List<String> lines) {
        return lines.stream().anyMatch(line -> line.startsWith("_fused_"));
    }

    private static String text(List<String> lines, List<String> names) {
        String lists = names.stream().map(name -> name + ": List[Tensor], ").collect(joining());
        StringJoiner body = new StringJoiner("\n    ");
        if (isFused(lines)) {
            body.add("gradients = [g.contiguous() for g in gradients]");
        }
        for (String line : lines) {
            int call = line.indexOf(" = ") < 0 ? 0 : line.indexOf(" = ") + 3;
            body.add(line.substring(0, call) + "torch." + line.substring(call));
        }
        return """
        def update(weights: List[Tensor], %1$sgradients: List[Tensor], lr: float):
            %2$s

        def step(weights: List[Tensor], %1$slr: float):
            gradients: List[Tensor] = []
            for w in weights:
                g: Optional[Tensor] = w.grad
                gradients.append(torch.zeros_like(w) if g is None else g)
            update(weights, %3$sgradients, lr)
            for g in gradients:
                g.zero_()
        """
                .formatted(lists, body, names.stream().map(n -> n + ", ").collect(joining()));
    }

    synchronized void close() {
        compiled.values().forEach(TorchScript::close);
        compiled.clear();
    }
}
