/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.initializer.Initializer;
import ai.djl.training.loss.Loss;
import ai.djl.translate.TranslateException;
import ai.djl.util.Pair;
import java.io.IOException;
import java.util.List;
import java.util.function.Predicate;
import org.djlext.makemore.fused.FusedLayer;
import org.djlext.makemore.fused.FusedStep;
import org.djlext.makemore.fused.PreparedStep;
import org.djlext.makemore.layer.FusableBlock;
import org.jspecify.annotations.Nullable;

/**
 * A Trainer of DJL that computes whole steps by one script, for {@code EasyTrain.fit} at the speed
 * of {@link TrainingLoop}. It takes the place of {@code model.newTrainer(config)}:
 *
 * <pre>{@code
 * var config = new DefaultTrainingConfig(new LanguageModelLoss(block))
 *         .optOptimizer(StepOptimizer.sgd(LearningRate.constant(0.1)))
 *         .addTrainingListeners(TrainingListener.Defaults.basic());
 * try (Trainer trainer = new FusedTrainer(model, config)) {
 *     trainer.initialize(new Shape(1, block.blockSize()));
 *     EasyTrain.fit(trainer, 5, train.toDataset(32, true), dev.toDataset(32, false));
 * }
 * }</pre>
 *
 * <p>A block whose switch is {@link org.djlext.makemore.layer.Gradients#FUSED}, and that has fused
 * steps, is trained like this: {@link #forward(NDList, NDList)} does forward, backward and update,
 * and returns the logits from before the update; the loss is known then, and the gradient collector
 * and {@link #step} have nothing more to do. With our data sets ({@link LastingBatches}) it does
 * the steps of the next 15 batches in the same call, and keeps their results until they are asked
 * for. So within an epoch listeners see losses and logits as ever, but parameters that are some
 * updates on; at its end there is no difference. Each forward is a step: gradients of several
 * batches cannot be added up.
 *
 * <p>With any other block the engine records forward and backward as in every Trainer, and only the
 * update is one call.
 */
public final class FusedTrainer extends Trainer {

    // Two ways to compute the same in float32 differ by far less.
    private static final double SAME = 1e-2;

    private final StepOptimizer optimizer;
    private final RememberedLoss loss;
    private @Nullable ParameterUpdate update;
    private @Nullable StepsAhead fused;
    private int steps;

    /**
     * Makes a trainer.
     *
     * @param model the model, with its block set
     * @param config the configuration, with a {@link StepOptimizer} and one device, which is that
     *     of the model; for fused steps its loss must be the mean cross entropy
     * @throws IllegalArgumentException if the configuration is not so
     */
    public FusedTrainer(Model model, TrainingConfig config) {
        super(model, RememberingConfig.of(checked(model, config)));
        optimizer = (StepOptimizer) config.getOptimizer();
        loss = (RememberedLoss) getLoss();
        Block block = model.getBlock();
        for (Pair<Initializer, Predicate<Parameter>> pair : config.getInitializers()) {
            if (pair.getKey() != null && pair.getValue() != null) {
                block.setInitializer(pair.getKey(), pair.getValue());
            }
        }
        // DJL freezes what it loads, and its own models thaw it for a new trainer.
        if (all(block).stream().noneMatch(Parameter::requiresGradient)) {
            block.freezeParameters(false, parameter -> !isStatistics(parameter));
        }
    }

    private static TrainingConfig checked(Model model, TrainingConfig config) {
        if (!(config.getOptimizer() instanceof StepOptimizer)) {
            throw new IllegalArgumentException(
                    "a FusedTrainer takes a StepOptimizer, but the configuration has "
                            + config.getOptimizer().getClass().getSimpleName()
                            + "; set one with optOptimizer, or use model.newTrainer");
        }
        Device device = model.getNDManager().getDevice();
        List<Device> devices = List.of(config.getDevices());
        if (!devices.equals(List.of(device))) {
            throw new IllegalArgumentException(
                    "a FusedTrainer trains on the device of its model, "
                            + device
                            + ", but the configuration has "
                            + devices
                            + "; set that one with optDevices");
        }
        return config;
    }

    private static List<Parameter> all(Block block) {
        return block.getParameters().values();
    }

    private static boolean isStatistics(Parameter parameter) {
        return parameter.getType() == Parameter.Type.RUNNING_MEAN
                || parameter.getType() == Parameter.Type.RUNNING_VAR;
    }

    private ParameterUpdate update() {
        if (update == null) {
            Block block = getModel().getBlock();
            ParameterUpdate ofAll = optimizer.update(getManager(), block);
            if (block instanceof FusableBlock model
                    && all(block).stream().allMatch(p -> p.requiresGradient() || isStatistics(p))) {
                List<FusedLayer> layers = model.fusedIfAsked();
                FusedStep step =
                        layers.isEmpty() ? null : ofAll.fused(model.blockSize(), layers, 0);
                fused = step == null ? null : new StepsAhead(getManager(), step, optimizer::rate);
            }
            update = ofAll;
        }
        return update;
    }

    /**
     * Tells whether whole steps are computed by one script.
     *
     * @return true if so, false if the engine records each step
     */
    public boolean isFused() {
        update();
        return fused != null;
    }

    /**
     * Returns a collector that records, or one that has nothing to do if steps are fused.
     *
     * @return the collector
     */
    @Override
    public GradientCollector newGradientCollector() {
        return isFused() ? NOTHING_TO_COLLECT : super.newGradientCollector();
    }

    /** Returns the batches of a data set, of which fused steps may see those to come. */
    @Override
    public Iterable<Batch> iterateDataset(Dataset dataset) throws IOException, TranslateException {
        Iterable<Batch> all = super.iterateDataset(dataset);
        return isFused() && fused != null && dataset instanceof LastingBatches
                ? fused.watch(all)
                : all;
    }

    /**
     * Refuses fused steps without labels.
     *
     * @throws UnsupportedOperationException if steps are fused
     */
    @Override
    public NDList forward(NDList input) {
        if (isFused()) {
            throw new UnsupportedOperationException(
                    "a fused step needs labels, but forward got none; call forward(data, labels)");
        }
        return super.forward(input);
    }

    /**
     * Does a whole step if steps are fused, else forward.
     *
     * @param data one array, the indices, (B, T) and INT64
     * @param labels one array, (B) or (B, T), INT64
     * @return the logits, (B, V) or (B, T, V)
     * @throws TrainingException if steps are fused and the loss is no number; the parameters stay
     *     those of the last good step
     */
    @Override
    public NDList forward(NDList data, NDList labels) {
        update();
        if (fused == null) {
            return super.forward(data, labels);
        }
        long begin = System.nanoTime();
        PreparedStep.Result result =
                fused.next(data.singletonOrThrow(), labels.singletonOrThrow(), steps);
        NDList logits = new NDList(result.logits());
        if (steps == 0) {
            checkLoss(labels, logits, result.loss());
        }
        loss.remember(result.logits(), result.loss());
        addMetric("forward", begin);
        return logits;
    }

    private void checkLoss(NDList labels, NDList logits, NDArray computed) {
        Loss ofConfig = loss.loss();
        float expected = ofConfig.evaluate(labels, logits).sum().getFloat();
        float got = computed.getFloat();
        if (Math.abs(got - expected) > SAME * Math.abs(expected)) {
            throw new IllegalStateException(
                    "fused steps minimize the mean cross entropy, which is "
                            + got
                            + " for the first batch, but the loss "
                            + ofConfig.getName()
                            + " of the configuration is "
                            + expected
                            + "; use LanguageModelLoss, or other gradients than fused ones");
        }
    }

    /** Ends a step: updates all parameters, which fused steps have done already. */
    @Override
    public void step() {
        long begin = System.nanoTime();
        ParameterUpdate all = update();
        if (fused == null) {
            all.step(optimizer.rate(steps));
        }
        steps++;
        addMetric("step", begin);
    }

    @Override
    public void close() {
        if (fused != null) {
            fused.close();
        }
        super.close();
    }

    private static final GradientCollector NOTHING_TO_COLLECT =
            new GradientCollector() {
                @Override
                public void backward(NDArray target) {
                    // Fused steps are beyond it.
                }

                @Override
                public void zeroGradients() {
                    // There are no gradients.
                }

                @Override
                public void close() {
                    // Nothing was opened.
                }
            };
}
