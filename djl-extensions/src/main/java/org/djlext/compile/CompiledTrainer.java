/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.initializer.Initializer;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.loss.Loss;
import ai.djl.util.Pair;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.djlext.distributed.ProcessGroup;
import org.jspecify.annotations.Nullable;

/**
 * A Trainer of DJL that runs a model's steps as scripts. It takes the place of {@code
 * model.newTrainer(config)}, also under {@code EasyTrain.fit}:
 *
 * <pre>{@code
 * try (Trainer trainer = new CompiledTrainer(model, config)) {
 *     trainer.initialize(new Shape(32, 784));
 *     EasyTrain.fit(trainer, 2, training, validation);
 * }
 * }</pre>
 *
 * <p>{@link #forward(NDList, NDList)} computes predictions, loss and gradients in one call, and
 * {@link #step} updates the parameters in another, so that listeners and evaluators see the values
 * of the step they are told of, and the gradients of several batches add up before a step.
 * Parameters are those of the model, and {@link #evaluate} runs the block as ever.
 *
 * <p>Gradients are not kept in the parameters: {@code parameter.getArray().getGradient()} has none.
 */
public final class CompiledTrainer extends Trainer {

    private final KeptLoss loss;
    private final TrainingConfig config;
    private final @Nullable ProcessGroup group;
    private @Nullable CompiledStep step;
    private @Nullable NDList computed;
    private @Nullable NDList gradients;
    // How many labels these are of, and how many batches.
    private double labelsComputed;
    private double labelsTaken;
    private int batchesTaken;

    /**
     * Creates a trainer.
     *
     * @param model the model
     * @param config its loss, its optimizer as for {@link CompiledStep.Builder#setOptimizer},
     *     evaluators and listeners
     * @throws IllegalArgumentException if the configuration has several devices, or another than
     *     the model's
     */
    public CompiledTrainer(Model model, TrainingConfig config) {
        this(model, config, new KeptLoss(config.getLossFunction()), null);
    }

    /**
     * Creates a trainer for one of several processes, each of which trains on its own shard of
     * every batch. All start from the parameters of rank 0, and {@link #step} updates by the
     * gradients of all, weighted by their labels, with one message for however many batches. The
     * losses that listeners see are this rank's own.
     *
     * @param model the model
     * @param config as for {@link #CompiledTrainer(Model, TrainingConfig)}
     * @param group the ranks, which stay the caller's
     * @throws IllegalArgumentException as without a group
     */
    public CompiledTrainer(Model model, TrainingConfig config, ProcessGroup group) {
        this(model, config, new KeptLoss(config.getLossFunction()), group);
    }

    private CompiledTrainer(
            Model model, TrainingConfig config, KeptLoss loss, @Nullable ProcessGroup group) {
        super(checked(model, config), withLoss(config, loss));
        this.config = config;
        this.group = group;
        this.loss = loss;
        Block block = model.getBlock();
        for (Pair<Initializer, Predicate<Parameter>> pair : config.getInitializers()) {
            if (pair.getKey() != null && pair.getValue() != null) {
                block.setInitializer(pair.getKey(), pair.getValue());
            }
        }
        // DJL freezes what it loads, and thaws it for a new trainer.
        List<Parameter> all = block.getParameters().values();
        if (all.stream().noneMatch(Parameter::requiresGradient)) {
            block.freezeParameters(false, parameter -> !StepParameters.isStatistic(parameter));
        }
    }

    private static TrainingConfig withLoss(TrainingConfig config, Loss loss) {
        return new DefaultTrainingConfig(loss)
                .optDevices(config.getDevices())
                .optOptimizer(config.getOptimizer())
                .optExecutorService(config.getExecutorService())
                .addEvaluators(config.getEvaluators())
                .addTrainingListeners(
                        config.getTrainingListeners().toArray(TrainingListener[]::new));
    }

    private static Model checked(Model model, TrainingConfig config) {
        Device device = model.getNDManager().getDevice();
        List<Device> devices = List.of(config.getDevices());
        if (!devices.equals(List.of(device))) {
            throw new IllegalArgumentException(
                    ("a CompiledTrainer trains on the device of its model,"
                                    + " %s, but the configuration has %s; set that one with"
                                    + " optDevices")
                            .formatted(device, devices));
        }
        return model;
    }

    private CompiledStep compiledStep() {
        if (step == null) {
            CompiledStep.Builder builder =
                    CompiledStep.builder(getModel().getBlock(), loss.loss())
                            .setOptimizer(config.getOptimizer());
            if (group != null) {
                builder.optProcessGroup(group);
            }
            step = builder.build();
        }
        return step;
    }

    /**
     * Computes predictions, loss and gradients of a batch.
     *
     * @param data the data
     * @param labels the labels
     * @return the predictions
     * @throws CompileException if the block or the loss cannot be compiled
     */
    @Override
    public NDList forward(NDList data, NDList labels) {
        long begin = System.nanoTime();
        closeComputed();
        StepBatch batch = new StepBatch(data, labels);
        NDList all = compiledStep().gradients(batch);
        labelsComputed = compiledStep().countLabels(batch);
        int end = all.size() - compiledStep().countTrained();
        NDList predictions = all.subNDList(1, end);
        loss.keep(new NDList(labels), new NDList(predictions), all.head());
        computed = all.subNDList(end);
        addMetric("forward", begin);
        return predictions;
    }

    /** Not possible: a step needs labels. Throws an exception that says so. */
    @Override
    public NDList forward(NDList input) {
        throw new UnsupportedOperationException(
                "a CompiledTrainer computes the loss with the predictions, but forward got no"
                        + " labels; call forward(data, labels), or evaluate for predictions alone");
    }

    /**
     * Returns a collector that takes the gradients of the batch that {@link #forward(NDList,
     * NDList)} was called with; those of several batches add up until {@link #step}.
     */
    @Override
    public GradientCollector newGradientCollector() {
        return new Collector();
    }

    private final class Collector implements GradientCollector {

        @Override
        public void backward(NDArray target) {
            if (!loss.isKept(target) || computed == null) {
                throw new IllegalStateException(
                        "a CompiledTrainer has gradients of the loss of the last forward, once, but"
                                + " backward was called for another array or a second time; pass"
                                + " what getLoss().evaluate(labels, predictions) returned");
            }
            take(computed);
            computed = null;
        }

        @Override
        public void zeroGradients() {
            closeGradients();
        }

        @Override
        public void close() {
            // There is no recording to end.
        }
    }

    private void take(NDList more) {
        if (group != null) {
            double labels = labelsComputed;
            // The mean over no labels is NaN.
            replace(more, g -> labels == 0 ? g.zerosLike() : g.mul(labels));
        }
        labelsTaken += labelsComputed;
        batchesTaken++;
        NDList sum = gradients;
        if (sum == null) {
            // Not with the batch: it may be closed before the step.
            more.attach(getManager());
            gradients = more;
            return;
        }
        Iterator<NDArray> others = more.iterator();
        replace(sum, own -> own.add(others.next()));
        more.close();
    }

    // Not in place: gradients may share memory with each other and with what the script keeps.
    private static void replace(NDList arrays, UnaryOperator<NDArray> operator) {
        for (int i = 0; i < arrays.size(); i++) {
            NDArray before = arrays.get(i);
            arrays.set(i, operator.apply(before));
            before.close();
        }
    }

    private void closeComputed() {
        if (computed != null) {
            computed.close();
            computed = null;
        }
    }

    private void closeGradients() {
        if (gradients != null) {
            gradients.close();
            gradients = null;
        }
        labelsTaken = 0;
        batchesTaken = 0;
    }

    /**
     * Updates the parameters.
     *
     * @throws IllegalStateException if backward was not called since the last step
     */
    @Override
    public void step() {
        NDList sum = gradients;
        if (sum == null) {
            throw new IllegalStateException(
                    "there are no gradients; call backward of newGradientCollector() before step");
        }
        long begin = System.nanoTime();
        if (group != null) {
            // Of a sum over batches, all of them equally large.
            double scale = labelsTaken == 0 ? 0 : batchesTaken / labelsTaken;
            replace(sum, gradient -> gradient.mul(scale));
            compiledStep().reduce(sum, labelsTaken);
        }
        compiledStep().update(sum);
        closeGradients();
        addMetric("step", begin);
    }

    /**
     * {@return the script of the last batch, each line with the place in Java that it comes from}
     */
    public String script() {
        return compiledStep().script();
    }

    /** {@return how often scripts were compiled, one for each shape of a batch, and used} */
    public CompiledStep.Counts counts() {
        return compiledStep().counts();
    }

    @Override
    public void close() {
        closeComputed();
        closeGradients();
        if (step != null) {
            step.close();
        }
        super.close();
    }
}
