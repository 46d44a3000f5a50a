/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import java.util.Collection;
import org.djlext.autograd.Autograd;
import org.djlext.autograd.GradientClipping;
import org.djlext.compile.CompiledStep;
import org.djlext.distributed.ProcessGroup;
import org.djlext.distributed.ReduceOp;
import org.djlext.nn.Layer;
import org.djlext.nn.ParameterNames;
import org.djlext.optim.TorchOptimizer;
import org.jspecify.annotations.Nullable;

/**
 * The steps of a training: forward, backward, clipping and update, in one of the ways of {@link
 * Gradients}.
 *
 * <p>A NaN or infinite loss ends them before the update, so that the parameters stay those of the
 * last good step.
 */
public final class TrainingSteps implements AutoCloseable {

    // DJL refuses a second collector of gradients, whichever thread asks for it.
    private static final Object RECORDING = new Object();

    private final Layer model;
    private final Loss loss;
    private final TorchOptimizer optimizer;
    private final double clip;
    private final Gradients gradients;
    private final TrainingRanks ranks;
    private final Collection<Parameter> parameters;
    private final ParameterStore store;
    private final @Nullable CompiledStep compiled;
    private double gradientNorm = Double.NaN;

    /**
     * Prepares steps.
     *
     * @param manager a manager of the model's device
     * @param model the model, initialized
     * @param loss what is minimized
     * @param optimizer updates the parameters; closed by its owner
     * @param clip the largest norm of all gradients together, or 0 for no limit
     * @param gradients how they are computed
     */
    public TrainingSteps(
            NDManager manager,
            Layer model,
            Loss loss,
            TorchOptimizer optimizer,
            double clip,
            Gradients gradients) {
        this(manager, model, loss, optimizer, clip, gradients, TrainingRanks.ALONE);
    }

    /** Prepares steps of several processes, with the values that rank 0 has. */
    TrainingSteps(
            NDManager manager,
            Layer model,
            Loss loss,
            TorchOptimizer optimizer,
            double clip,
            Gradients gradients,
            TrainingRanks ranks) {
        this.model = model;
        this.loss = loss;
        this.optimizer = optimizer;
        this.clip = clip;
        this.gradients = gradients;
        this.ranks = ranks;
        parameters = ParameterNames.trained(model).values();
        store = new ParameterStore(manager, false);
        compiled = gradients == Gradients.COMPILED ? compile() : null;
        if (compiled == null && ranks.group() != null) {
            ranks.group().broadcast(new NDList(ParameterNames.arrays(model).values()), 0);
        }
    }

    private CompiledStep compile() {
        CompiledStep.Builder builder = CompiledStep.builder(model, loss).setOptimizer(optimizer);
        if (clip > 0) {
            builder.optClipNorm(clip);
        }
        if (ranks.group() != null) {
            builder.optProcessGroup(ranks.group()).optAverageEvery(ranks.averageEvery());
        }
        return builder.build();
    }

    Gradients gradients() {
        return gradients;
    }

    /**
     * Does compiled steps, which are the first axis of inputs and labels. Returns the loss of each
     * before its update; of those from the first that is NaN or infinite on, none has done its
     * update.
     */
    double[] run(NDArray x, NDArray y, double[] rates) {
        if (compiled == null) {
            throw new IllegalStateException("many steps in one call are compiled ones");
        }
        return compiled.run(new NDList(x), new NDList(y), rates);
    }

    /**
     * Adds to the gradients those of a batch, and returns its loss.
     *
     * @param x the inputs
     * @param y the labels
     * @param parts of how many batches like this one the gradients are the mean; not whole where
     *     some have more labels than others
     * @return the loss of this batch, whole
     */
    double backward(NDArray x, NDArray y, double parts) {
        synchronized (RECORDING) {
            try (Autograd.Scope way = gradients.scope();
                    GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                NDArray logits = model.call(store, x, true);
                NDArray value = loss.evaluate(new NDList(y), new NDList(logits));
                collector.backward(parts == 1 ? value : value.div((float) parts));
                return value.toType(DataType.FLOAT64, false).getDouble();
            }
        }
    }

    /**
     * Does one step, whichever the way.
     *
     * @param x the inputs
     * @param y the labels
     * @param rate the learning rate
     * @return the loss before the update; if it is NaN or infinite, there was no update
     */
    public double step(NDArray x, NDArray y, double rate) {
        if (compiled != null) {
            return run(x.expandDims(0), y.expandDims(0), new double[] {rate})[0];
        }
        double value = backward(x, y, 1);
        gradientNorm = Double.NaN;
        if (Double.isFinite(value)) {
            clip();
            update(rate);
        }
        return value;
    }

    /**
     * Adds the gradients of all ranks, and their losses, in one message.
     *
     * @param loss this rank's part of the loss
     * @return the loss of all ranks
     */
    float reduce(float loss) {
        ProcessGroup group = ranks.group();
        if (group == null) {
            return loss;
        }
        NDList all = new NDList();
        arrays().forEach(array -> all.add(array.getGradient()));
        NDArray value = all.head().getManager().create(new float[] {loss}, new Shape(1));
        all.add(value);
        group.allReduce(all, ReduceOp.SUM);
        return value.getFloat(0);
    }

    /** Makes the parameters of all ranks the same, or at least their running statistics. */
    void average() {
        ProcessGroup group = ranks.group();
        if (compiled != null) {
            compiled.averageParameters();
        } else if (group != null && !ranks.syncBatchNorm()) {
            NDList statistics = new NDList();
            for (Parameter parameter : ParameterNames.of(model).values()) {
                NDArray array = parameter.getArray();
                if (!parameter.requiresGradient() && array.getDataType().isFloating()) {
                    statistics.add(array);
                }
            }
            group.allReduce(statistics, ReduceOp.MEAN);
        }
    }

    private NDList arrays() {
        return new NDList(parameters.stream().map(Parameter::getArray).toList());
    }

    /** Limits the gradients to the largest norm. */
    void clip() {
        gradientNorm =
                clip > 0
                        ? GradientClipping.byNorm(arrays(), clip)
                        : GradientClipping.norm(arrays());
    }

    /**
     * Returns the norm of all gradients together, before clipping, in the last step or the last of
     * many; NaN if that was not done.
     */
    double gradientNorm() {
        return compiled == null ? gradientNorm : compiled.gradientNorm();
    }

    /** Updates the parameters by the gradients, and sets those to zero. */
    void update(double rate) {
        optimizer.step(parameters, rate);
    }

    /** Frees the compiled steps. */
    @Override
    public void close() {
        if (compiled != null) {
            compiled.close();
        }
    }
}
