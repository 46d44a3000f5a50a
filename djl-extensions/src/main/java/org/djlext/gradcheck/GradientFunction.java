/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.djlext.autograd.Autograd;

/**
 * The backward of a function as a function of its own: (inputs.., upstream gradients..) to the
 * gradients of the differentiated inputs. To check it is to check the second derivatives.
 */
final class GradientFunction implements Function<NDList, NDList> {

    private final Subject subject;
    private final int[] outputs;

    private GradientFunction(Subject subject, int[] outputs) {
        this.subject = subject;
        this.outputs = outputs;
    }

    /**
     * Makes the subject of a check of second derivatives, with random upstream gradients.
     *
     * @param subject the function
     * @param settings with the seed
     * @param manager the manager of the upstream gradients
     * @return its gradient function
     * @throws CheckException if the function fails
     */
    static Subject of(Subject subject, Settings settings, NDManager manager) {
        Random random = new Random(settings.seed());
        SortedMap<Integer, NDArray> upstream = new TreeMap<>();
        try (Recording recording = new Recording(subject, 1)) {
            List<Subject.Output> outputs = recording.outputs();
            for (int k = 0; k < outputs.size(); k++) {
                if (recording.isDifferentiable(k)) {
                    Shape shape = outputs.get(k).shape();
                    double[] values = random.doubles(shape.size(), -1, 1).toArray();
                    upstream.put(
                            k,
                            manager.create(values, shape)
                                    .toType(outputs.get(k).type(), false)
                                    .toDevice(recording.device(k), false));
                }
            }
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
        int[] outputs = upstream.keySet().stream().mapToInt(k -> k).toArray();
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
            if (!recording) {
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
            NDList gradients =
                    Autograd.grad(differentiable, by, upstream, recording, recording, true);
            for (int j = 0; j < gradients.size(); j++) {
                if (gradients.get(j) == null) {
                    gradients.set(j, by.get(j).zerosLike());
                }
            }
            return gradients;
        }
    }
}
