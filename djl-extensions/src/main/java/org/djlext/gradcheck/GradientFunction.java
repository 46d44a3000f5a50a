/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.djlext.autograd.Autograd;

/**
 * The backward of a function as a function of its own: (inputs.., upstream gradients..) to the
 * gradients of the differentiated inputs. To check it is to check the second derivatives.
 */
record GradientFunction(Subject subject, List<Integer> outputs)
        implements Function<NDList, NDList> {

    /**
     * Makes the subject of a check of second derivatives, with random upstream gradients in a
     * manager.
     *
     * @throws CheckException if the function fails
     */
    static Subject of(Subject subject, long seed, NDManager manager) {
        SortedMap<Integer, NDArray> upstream = new TreeMap<>();
        try (Recording recording = new Recording(subject)) {
            recording
                    .randomUpstream(seed)
                    .forEach((k, dy) -> upstream.put(k, recording.likeOutput(k, dy, manager)));
        }
        if (upstream.isEmpty()) {
            throw new CheckException(
                    Check.BACKWARD,
                    -1,
                    subject.name() + " has no output that a gradient flows from");
        }
        List<Subject.Input> inputs = new ArrayList<>(subject.inputs());
        upstream.forEach(
                (k, dy) ->
                        inputs.add(
                                new Subject.Input(
                                        "upstream gradient of output " + k, dy, true, false)));
        List<Integer> outputs = List.copyOf(upstream.keySet());
        return new Subject(
                "gradient of " + subject.name(),
                new GradientFunction(subject, outputs),
                inputs,
                true);
    }

    @Override
    public NDList apply(NDList arguments) {
        // While gradients are recorded, the gradients computed here are part of the graph.
        boolean recording = Autograd.isRecording();
        int count = subject.inputs().size();
        NDList inputs = new NDList(arguments.subList(0, count));
        NDList upstream = new NDList(arguments.subList(count, arguments.size()));
        NDList by = new NDList();
        for (int i : subject.differentiated()) {
            if (!Autograd.requiresGrad(inputs.get(i))) {
                inputs.get(i).setRequiresGradient(true);
            }
            by.add(inputs.get(i));
        }
        try (Autograd.Scope scope = Autograd.enableGrad()) {
            NDList all = subject.function().apply(new NDList(inputs));
            NDList differentiable = new NDList();
            for (int k : outputs) {
                differentiable.add(all.get(k));
            }
            return Elements.gradients(differentiable, by, upstream, recording, recording);
        }
    }
}
