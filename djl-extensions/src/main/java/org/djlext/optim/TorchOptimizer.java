/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.ParameterTracker;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.djlext.autograd.Autograd;
import org.djlext.torch.ops.InPlace;
import org.djlext.torch.ops.Recorded;
import org.jspecify.annotations.Nullable;

/**
 * An optimizer whose update is a few lines of TorchScript over lists of parameters. The same lines
 * update one parameter for a Trainer of DJL ({@link #update}), all of a block in one call ({@link
 * #step}), and are a part of the script of a {@code CompiledStep}.
 *
 * <p>What it keeps of a parameter lives until {@link #close}. {@link #state} and {@link #restore}
 * take it into a checkpoint and back.
 */
public abstract class TorchOptimizer extends Optimizer implements AutoCloseable {

    /**
     * The line that counts an update. A number in place of the array would be made one for each
     * counter, which takes five times as long.
     */
    static final String COUNT = "_foreach_add_(step, torch.ones([]))";

    private final @Nullable ParameterTracker tracker;
    private final double fixedRate;
    private final double weightDecay;
    private final int updatesBefore;
    private final Set<String> notDecayed;
    private final Map<List<Object>, Kept> kept = new ConcurrentHashMap<>();
    private final UpdateScripts scripts = new UpdateScripts();

    // What is kept of a parameter on a device.
    private static final class Kept {
        final Map<String, NDArray> arrays = new LinkedHashMap<>();
        int updates;
    }

    /**
     * Takes over what a builder has.
     *
     * @param builder the builder
     */
    protected TorchOptimizer(TorchOptimizerBuilder<?> builder) {
        super(builder);
        tracker = builder.tracker;
        fixedRate = builder.learningRate;
        weightDecay = builder.weightDecay;
        updatesBefore = builder.updatesBefore;
        notDecayed = Set.copyOf(builder.notDecayed);
    }

    /** Tells whether the rate goes by the number of updates. */
    final boolean isRateTracked() {
        return tracker != null;
    }

    /**
     * {@return the names of what is kept of each parameter, which {@link #lines} uses; "step" is
     * the number of updates, a scalar in float32, and all others have the shape of the parameter
     * and are 0 at first}
     */
    public abstract List<String> stateNames();

    /**
     * Returns the update. Each line is a call {@code function(a, b, ..)} of libtorch that changes
     * its first argument in place, or gives a new list: {@code name = function(a, b, ..)}. {@code
     * weights}, {@code gradients} and the names of the state are lists of arrays, {@code lr} is the
     * learning rate. Gradients are read alone.
     *
     * @param decay the weight decay
     * @return the lines
     */
    protected abstract List<String> lines(double decay);

    /**
     * {@return the {@link #lines} that update a parameter; parameters with equal lines can be
     * updated by one call of each}
     *
     * @param parameterId the id of the parameter
     */
    public final List<String> updateLines(String parameterId) {
        List<String> lines = new ArrayList<>();
        if (rescaleGrad != 1) {
            lines.add("gradients = _foreach_mul(gradients, " + rescaleGrad + ")");
        }
        if (clipGrad > 0) {
            lines.add("gradients = _foreach_clamp_min(gradients, " + -clipGrad + ")");
            lines.add("gradients = _foreach_clamp_max(gradients, " + clipGrad + ")");
        }
        lines.addAll(lines(notDecayed.contains(parameterId) ? 0 : weightDecay));
        return lines;
    }

    /**
     * {@return the learning rate of the next update of a parameter, which is counted by that}
     *
     * @param parameterId the id of the parameter
     * @param weight its values
     */
    public final double nextRate(String parameterId, NDArray weight) {
        int update = ++kept(parameterId, weight).updates;
        return tracker == null ? fixedRate : tracker.getNewValue(parameterId, update);
    }

    /**
     * {@return the arrays themselves that are kept of a parameter, by {@linkplain #stateNames
     * name}}
     *
     * @param parameterId the id of the parameter
     * @param weight its values
     */
    public final Map<String, NDArray> stateOf(String parameterId, NDArray weight) {
        return kept(parameterId, weight).arrays;
    }

    /**
     * Updates a parameter in place and sets the gradient that the engine holds for it to zero, as
     * all optimizers of this engine do.
     *
     * @param parameterId the id of the parameter
     * @param weight its values
     * @param grad dL/dweight
     */
    @Override
    public final void update(String parameterId, NDArray weight, NDArray grad) {
        double rate = nextRate(parameterId, weight);
        try (Autograd.Scope unrecorded = Autograd.noGrad();
                NDScope temporaries = new NDScope()) {
            temporaries.suppressNotUsedWarning();
            NDArray w = Recorded.wide(weight);
            List<NDList> lists = new ArrayList<>(List.of(new NDList(w)));
            stateOf(parameterId, weight).values().forEach(state -> lists.add(new NDList(state)));
            lists.add(new NDList(Recorded.wide(grad)));
            scripts.call("update", updateLines(parameterId), stateNames(), lists, rate);
            if (w != weight) {
                InPlace.copy(weight, w);
            }
            if (weight.hasGradient()) {
                JniUtils.zeroGrad((PtNDArray) weight);
            }
        }
    }

    /**
     * Updates parameters by the gradients that the engine holds for them, and sets those to zero.
     * Parameters that are updated alike are so in one call of the engine.
     *
     * @param parameters the parameters, initialized; one without a gradient has one of zeros
     * @param rate the learning rate, in the place of what the builder was told
     */
    public final void step(Collection<Parameter> parameters, double rate) {
        Map<List<String>, List<NDList>> groups = new LinkedHashMap<>();
        for (Parameter parameter : parameters) {
            NDArray weight = parameter.getArray();
            checkType(parameter.getName(), weight);
            Kept own = kept(parameter.getId(), weight);
            own.updates++;
            List<NDList> lists =
                    groups.computeIfAbsent(
                            updateLines(parameter.getId()),
                            lines ->
                                    Stream.generate(NDList::new)
                                            .limit(1 + own.arrays.size())
                                            .toList());
            lists.get(0).add(weight);
            int place = 1;
            for (NDArray state : own.arrays.values()) {
                lists.get(place++).add(state);
            }
        }
        try (Autograd.Scope unrecorded = Autograd.noGrad()) {
            groups.forEach(
                    (lines, lists) -> scripts.call("step", lines, stateNames(), lists, rate));
        }
    }

    private static void checkType(String name, NDArray weight) {
        DataType type = weight.getDataType();
        if (type != DataType.FLOAT32 && type != DataType.FLOAT64) {
            throw new IllegalArgumentException(
                    ("a step of many parameters takes those of type float32"
                                    + " or float64, but %s is %s; call update for each"
                                    + " parameter")
                            .formatted(name, type));
        }
    }

    private Kept kept(String parameterId, NDArray weight) {
        // With several devices, each has its own copy of the parameter.
        List<Object> copy = List.of(parameterId, weight.getDevice());
        return kept.computeIfAbsent(copy, key -> newState(weight));
    }

    private Kept newState(NDArray weight) {
        if (UpdateScripts.isFused(lines(0)) && !InPlace.liesInRows(weight)) {
            throw new IllegalArgumentException(
                    ("%s must update an array that lies in memory row by row,"
                                    + " got a transposed or sliced one of shape %s; try"
                                    + " array.flatten().reshape(array.getShape())")
                            .formatted(getClass().getSimpleName(), weight.getShape()));
        }
        Kept state = new Kept();
        state.updates = updatesBefore;
        for (String name : stateNames()) {
            NDArray array;
            if (name.equals("step")) {
                array = weight.getManager().create((float) updatesBefore);
            } else {
                boolean isDouble = weight.getDataType() == DataType.FLOAT64;
                DataType type = isDouble ? DataType.FLOAT64 : DataType.FLOAT32;
                array = weight.getManager().zeros(weight.getShape(), type, weight.getDevice());
            }
            // Out of reach of the manager of the step: freed by close alone.
            NDScope.unregister(array);
            array.detach();
            state.arrays.put(name, array);
        }
        return state;
    }

    /**
     * {@return the arrays themselves that a checkpoint has to hold beside the parameters, such as
     * "layers.0.weight.mean"}
     *
     * @param parameters the parameters by the names that they have in the checkpoint, initialized
     */
    public final Map<String, NDArray> state(Map<String, Parameter> parameters) {
        Map<String, NDArray> all = new LinkedHashMap<>();
        parameters.forEach(
                (name, parameter) ->
                        stateOf(parameter.getId(), parameter.getArray())
                                .forEach((key, array) -> all.put(name + "." + key, array)));
        return all;
    }

    /**
     * Goes on with what {@link #state} has returned, as if training had not been interrupted.
     *
     * @param parameters the parameters by the same names, initialized
     * @param state the arrays, which are copied
     * @throws IllegalArgumentException if an array is missing, left over, or has another shape or
     *     type than it must; then nothing is changed
     */
    public final void restore(Map<String, Parameter> parameters, Map<String, NDArray> state) {
        Map<String, NDArray> own = state(parameters);
        own.forEach((name, array) -> checkState(name, array, state.get(name)));
        for (String name : state.keySet()) {
            if (!own.containsKey(name)) {
                throw new IllegalArgumentException(
                        "the state of the optimizer has " + name + ", which no parameter has");
            }
        }
        try (Autograd.Scope unrecorded = Autograd.noGrad()) {
            state.forEach(
                    (name, array) -> InPlace.copy(Objects.requireNonNull(own.get(name)), array));
        }
        for (Parameter parameter : parameters.values()) {
            Kept restored = kept(parameter.getId(), parameter.getArray());
            NDArray step = restored.arrays.get("step");
            if (step != null) {
                restored.updates = (int) step.getFloat();
            }
        }
    }

    private static void checkState(String name, NDArray own, @Nullable NDArray given) {
        if (given == null
                || !given.getShape().equals(own.getShape())
                || given.getDataType() != own.getDataType()) {
            throw new IllegalArgumentException(
                    "the state of the optimizer must have "
                            + name
                            + " of type "
                            + own.getDataType()
                            + " and shape "
                            + own.getShape()
                            + ", but has "
                            + (given == null
                                    ? "none"
                                    : "one of " + given.getDataType() + " " + given.getShape()));
        }
    }

    /** Frees the state. The optimizer may be used again, and then starts anew. */
    @Override
    public final void close() {
        scripts.close();
        kept.values().forEach(own -> own.arrays.values().forEach(NDArray::close));
        kept.clear();
    }
}
