/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import ai.djl.util.Pair;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.djlext.autograd.Autograd;
import org.djlext.autograd.AutogradFunction;
import org.djlext.torch.ops.InPlace;

/**
 * A function under check with the inputs to check it at.
 *
 * @param name what it is called
 * @param function a function of all inputs
 * @param inputs the caller's arrays, which are copied before every use
 * @param isGradient whether it computes the gradients of another function, which all depend on the
 *     inputs: one that is cut off from them is wrong, and not just declared to have no gradient
 */
record Subject(
        String name, Function<NDList, NDList> function, List<Input> inputs, boolean isGradient) {

    /**
     * An array to check at.
     *
     * @param label its name in messages
     * @param array the caller's array
     * @param differentiated whether to differentiate by it
     * @param state whether the function may change it, as a block does its running statistics
     */
    record Input(String label, NDArray array, boolean differentiated, boolean state) {}

    /** The form and the values of an output, which outlive the array. */
    static final class Output {
        final Shape shape;
        final DataType type;
        final double[] values;

        Output(NDArray array) {
            shape = array.getShape();
            type = array.getDataType();
            values = Elements.of(array);
        }

        boolean hasFormOf(Output other) {
            return shape.equals(other.shape) && type == other.type;
        }

        /** Tells whether another has the same values; NaN twice is the same. */
        boolean isSame(Output other, Tolerance tolerance) {
            return hasFormOf(other)
                    && IntStream.range(0, values.length)
                            .allMatch(
                                    e ->
                                            Double.compare(values[e], other.values[e]) == 0
                                                    || tolerance.accepts(
                                                            values[e], other.values[e]));
        }
    }

    static Subject of(AutogradFunction function, NDList inputs) {
        List<Input> named = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            named.add(input(function.inputName(i), inputs.get(i)));
        }
        return new Subject(function.toString(), function::apply, named, false);
    }

    static Subject of(Function<NDList, NDList> function, NDList inputs) {
        return new Subject("function", function, inputs(inputs), false);
    }

    /** The labels come after the predictions, and are differentiated only if they ask for it. */
    static Subject of(Loss loss, NDList labels, NDList predictions) {
        List<Input> named = new ArrayList<>(inputs(predictions));
        for (int i = 0; i < labels.size(); i++) {
            named.add(input("label " + i, labels.get(i)));
        }
        int count = predictions.size();
        Function<NDList, NDList> evaluate =
                all ->
                        new NDList(
                                loss.evaluate(
                                        all.subNDList(count), new NDList(all.subList(0, count))));
        return new Subject(loss.getName(), evaluate, named, false);
    }

    /**
     * A block in training, whose parameters come after the inputs. Its own values are not touched,
     * running statistics included, because it gets the arguments in their place.
     */
    static Subject of(Block block, NDList inputs) {
        List<Input> named = new ArrayList<>(inputs(inputs));
        Set<Parameter> parameters = new LinkedHashSet<>();
        for (Pair<String, Parameter> pair : block.getParameters()) {
            Parameter parameter = pair.getValue();
            if (parameters.add(parameter)) { // one that two layers share is one argument
                boolean isTrained = parameter.requiresGradient();
                NDArray array = array(pair.getKey(), parameter);
                named.add(new Input("parameter " + pair.getKey(), array, isTrained, !isTrained));
            }
        }
        Function<NDList, NDList> forward =
                arguments -> {
                    Map<String, NDArray> values = new HashMap<>();
                    int next = inputs.size();
                    for (Parameter parameter : parameters) {
                        values.put(parameter.getId(), arguments.get(next++));
                    }
                    NDManager manager = arguments.get(0).getManager();
                    NDList own = new NDList(arguments.subList(0, inputs.size()));
                    return block.forward(new Values(manager, values), own, true);
                };
        return new Subject(block.getClass().getSimpleName(), forward, named, false);
    }

    /** Hands out the arguments where a block asks for its parameters. */
    private static final class Values extends ParameterStore {

        private final Map<String, NDArray> values;

        Values(NDManager manager, Map<String, NDArray> values) {
            super(manager, false);
            this.values = values;
        }

        @Override
        public NDArray getValue(Parameter parameter, Device device, boolean training) {
            NDArray value = parameter == null ? null : values.get(parameter.getId());
            return value == null ? super.getValue(parameter, device, training) : value;
        }
    }

    private static NDArray array(String name, Parameter parameter) {
        if (!parameter.isInitialized()) {
            throw new IllegalArgumentException(
                    "a block must be initialized before it is checked, but parameter "
                            + name
                            + " is not; call block.initialize(manager, DataType.FLOAT64,"
                            + " inputShape)");
        }
        return parameter.getArray();
    }

    private static List<Input> inputs(NDList arrays) {
        List<Input> named = new ArrayList<>();
        for (int i = 0; i < arrays.size(); i++) {
            String name = arrays.get(i) == null ? null : arrays.get(i).getName();
            String label = "input " + i + (name == null ? "" : " (" + name + ")");
            named.add(input(label, arrays.get(i)));
        }
        return named;
    }

    private static Input input(String label, NDArray array) {
        if (array == null) {
            throw new IllegalArgumentException(label + " to check at is null");
        }
        return new Input(label, array, array.hasGradient(), false);
    }

    /** The same with other names for the first inputs. */
    Subject withNames(List<String> names) {
        List<Input> renamed = new ArrayList<>(inputs);
        for (int i = 0; i < Math.min(names.size(), inputs.size()); i++) {
            Input input = inputs.get(i);
            String label = "input " + i + " (" + names.get(i) + ")";
            renamed.set(i, new Input(label, input.array, input.differentiated, input.state));
        }
        return new Subject(name, function, renamed, isGradient);
    }

    /** The same, to be differentiated by one of its inputs alone. */
    Subject by(int only) {
        List<Input> others = new ArrayList<>();
        for (Input input : inputs) {
            boolean isOnly = others.size() == only;
            others.add(new Input(input.label, input.array, isOnly, input.state));
        }
        return new Subject(name, function, others, isGradient);
    }

    /**
     * The backward as a function of its own: (inputs.., upstream gradients..) to the gradients of
     * the differentiated inputs. To check it is to check the second derivatives.
     *
     * @param seed that of the upstream gradients, which are in the manager
     * @throws Findings.Stop if the function fails
     */
    Subject gradient(long seed, NDManager manager) {
        List<Integer> outputs = new ArrayList<>();
        List<Input> all = new ArrayList<>(inputs);
        try (Recording recording = new Recording(this)) {
            recording
                    .randomUpstream(seed)
                    .forEach(
                            (k, values) -> {
                                NDArray dy = recording.likeOutput(k, values, manager);
                                String label = "upstream gradient of output " + k;
                                all.add(new Input(label, dy, true, false));
                                outputs.add(k);
                            });
        }
        if (outputs.isEmpty()) {
            throw new Findings.Stop(
                    Check.BACKWARD, -1, name + " has no output that a gradient flows from");
        }
        return new Subject("gradient of " + name, in -> gradients(outputs, in), all, true);
    }

    private NDList gradients(List<Integer> outputs, NDList arguments) {
        // While gradients are recorded, the gradients computed here are part of the graph.
        boolean recording = Autograd.isRecording();
        NDList own = new NDList(arguments.subList(0, inputs.size()));
        NDList upstream = arguments.subNDList(inputs.size());
        NDList by = new NDList();
        for (int i : differentiated()) {
            if (!Autograd.requiresGrad(own.get(i))) {
                own.get(i).setRequiresGradient(true);
            }
            by.add(own.get(i));
        }
        try (Autograd.Scope scope = Autograd.enableGrad()) {
            NDList all = function.apply(new NDList(own));
            NDList differentiable = new NDList(outputs.stream().map(all::get).toList());
            return Elements.gradients(differentiable, by, upstream, recording, recording);
        }
    }

    /** The indices of the inputs to differentiate by. */
    List<Integer> differentiated() {
        return IntStream.range(0, inputs.size())
                .filter(i -> inputs.get(i).differentiated)
                .boxed()
                .toList();
    }

    /** The values of an input as doubles. */
    double[] values(int input) {
        return Elements.of(inputs.get(input).array);
    }

    /** A manager for one call of the function. */
    NDManager newManager() {
        return inputs.get(0).array.getManager().newSubManager();
    }

    /** Copies of all inputs, in a manager, without gradient. */
    NDList copies(NDManager manager) {
        NDList copies = new NDList(inputs.size());
        try (Autograd.Scope scope = Autograd.noGrad()) {
            for (Input input : inputs) {
                NDArray copy = input.array.duplicate();
                copy.attach(manager);
                copies.add(copy);
            }
        }
        return copies;
    }

    /** Calls the function, unrecorded, on the inputs with one of them changed. */
    List<Output> evaluate(int changed, double[] values) {
        try (NDManager manager = newManager();
                Autograd.Scope scope = Autograd.noGrad()) {
            NDList arguments = copies(manager);
            // Into the copy, whose layout in memory is that of the array that is recorded with.
            NDArray copy = arguments.get(changed);
            InPlace.copy(copy, Elements.toArray(manager, values, copy));
            return function.apply(arguments).stream().map(Output::new).toList();
        }
    }
}
