/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.djlext.files.Json;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.fused.FusedLayer;
import org.djlext.makemore.fused.FusedStep;
import org.djlext.makemore.gpt.TextData.Split;
import org.djlext.makemore.layer.ParameterNames;
import org.djlext.makemore.train.AdamWUpdate;
import org.djlext.makemore.train.Checkpoint;
import org.djlext.makemore.train.CheckpointException;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.ResumePoint;
import org.djlext.makemore.train.TrainingException;
import org.djlext.torch.RandomState;
import org.jspecify.annotations.Nullable;

/**
 * The training of a GPT on a text. It can be written to a checkpoint after any step and gone on
 * with in another process, to the same losses bit for bit.
 *
 * <p>All random numbers come from the engine's generators: first the parameters, then batches and
 * dropout. So nothing else may draw from them while training is under way.
 */
public final class GptTraining implements AutoCloseable {

    private final NDManager manager;
    private final GptTrainingSettings settings;
    private final SavedGpt saved;
    private final TextData data;
    private final AdamWUpdate update;
    private final LearningRate rate;
    private final @Nullable FusedStep fused;
    private final List<Evaluated> evaluations = new ArrayList<>();
    private EvaluationPlan plan = EvaluationPlan.DEFAULT;
    private int stepsDone;

    /**
     * The losses after some steps.
     *
     * @param step how many
     * @param train the training loss
     * @param val the validation loss
     */
    public record Evaluated(int step, double train, double val) {}

    private GptTraining(
            NDManager manager, String text, GptTrainingSettings settings, SavedGpt saved) {
        this.manager = manager;
        this.settings = settings;
        this.saved = saved;
        Gpt model = saved.model();
        data = new TextData(manager, saved.tokenizer().encode(text), model.config().blockSize());
        update =
                new AdamWUpdate(
                        manager,
                        ParameterNames.trained(model),
                        settings.adamW(),
                        parameter -> settings.decayAll() || parameter.getShape().dimension() > 1);
        rate = settings.learningRate();
        fused = fused(model, update, settings);
    }

    /**
     * Tells whether whole steps are computed by one script.
     *
     * @return true if so, false if the engine records each step
     */
    public boolean isFused() {
        return fused != null;
    }

    private static @Nullable FusedStep fused(
            Gpt model, AdamWUpdate update, GptTrainingSettings settings) {
        List<FusedLayer> layers = model.fusedIfAsked();
        return layers.isEmpty() || settings.accumulation() > 1
                ? null
                : update.fused(model.blockSize(), layers, settings.clip());
    }

    /**
     * Starts training: draws the parameters.
     *
     * @param parent its device is the one to train on
     * @param text the text
     * @param config gives the model for the size of the text's vocabulary
     * @param compute how the model is computed
     * @param settings the settings
     * @return the training, before its first step
     */
    public static GptTraining start(
            NDManager parent,
            String text,
            IntFunction<GptConfig> config,
            GptCompute compute,
            GptTrainingSettings settings) {
        NDManager manager = parent.newSubManager();
        try {
            CharTokenizer tokenizer = new CharTokenizer(text);
            Gpt model = new Gpt(config.apply(tokenizer.size()), compute);
            new TorchGenerator(settings.seed());
            model.initialize(manager, DataType.FLOAT32);
            return new GptTraining(
                    manager, text, settings, new SavedGpt(model, tokenizer, SavedGpt.hash(text)));
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /**
     * Goes on with training, computed as before.
     *
     * @param parent its device is the one to train on
     * @param file the checkpoint
     * @param steps how many steps there are to be in all, or null for as many as were planned; the
     *     learning rate goes by it
     * @param text the text, which must be the one of the checkpoint
     * @return the training, where it was when the checkpoint was written
     * @throws CheckpointException if the checkpoint cannot be read, or was made with another text
     */
    public static GptTraining resume(
            NDManager parent, Path file, @Nullable Integer steps, String text) {
        NDManager manager = parent.newSubManager();
        try (NDManager sub = manager.newSubManager(Device.cpu())) {
            Checkpoint checkpoint = Checkpoint.read(file, SavedGpt.FORMAT, SavedGpt.VERSION, sub);
            JsonObject header = checkpoint.header();
            SavedGpt saved = SavedGpt.of(checkpoint, manager, GptCompute.of(header));
            if (!SavedGpt.hash(text).equals(saved.text())) {
                throw new CheckpointException(
                        "the checkpoint "
                                + file
                                + " was trained on another text than this; give the same with"
                                + " --data, or leave out --resume");
            }
            int done = ResumePoint.step(checkpoint, file, steps);
            GptTrainingSettings settings =
                    Json.record(header, "settings", GptTrainingSettings.class);
            GptTraining training =
                    new GptTraining(
                            manager,
                            text,
                            steps == null ? settings : settings.withSteps(steps),
                            saved);
            training.restore(checkpoint, done);
            return training;
        } catch (IllegalArgumentException e) {
            manager.close();
            throw CheckpointException.of(file, e);
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    private void restore(Checkpoint checkpoint, int step) {
        JsonObject header = checkpoint.header();
        stepsDone = step;
        plan = EvaluationPlan.of(header);
        evaluations.addAll(Json.records(header, "evaluations", Evaluated.class));
        ResumePoint.checkOrder(evaluations.stream().map(Evaluated::step).toList(), step);
        // Last, because making the model has drawn numbers.
        ResumePoint.restore(checkpoint, update, manager.getDevice());
    }

    /**
     * Writes the training as it is now; the old file stays whole until the new one is.
     *
     * @param file the checkpoint, which is replaced if it is there
     */
    public void write(Path file) {
        JsonObject header = new JsonObject();
        Map<String, NDArray> tensors = new LinkedHashMap<>();
        saved.addTo(header, tensors);
        header.add(GptCompute.NAME, Json.tree(saved.model().compute()));
        header.add("settings", Json.tree(settings));
        header.add(EvaluationPlan.NAME, Json.tree(plan));
        header.add("evaluations", Json.tree(evaluations));
        try (NDManager sub = manager.newSubManager(Device.cpu())) {
            ResumePoint.addTo(header, tensors, stepsDone, update, sub, manager.getDevice());
            new Checkpoint(header, tensors).write(file, SavedGpt.FORMAT, SavedGpt.VERSION);
        }
    }

    /**
     * Does one step: a batch, or as many as are accumulated, and an update.
     *
     * @return the loss before the update
     * @throws TrainingException if it is no number; the parameters stay as they were
     */
    public double step() {
        if (fused != null) {
            double loss = checked(fusedStep(fused));
            stepsDone++;
            return loss;
        }
        double loss = checked(accumulate());
        if (settings.clip() > 0) {
            update.clip(settings.clip());
        }
        update.step(rate.at(stepsDone));
        stepsDone++;
        return loss;
    }

    private double checked(double loss) {
        if (!Double.isFinite(loss)) {
            throw new TrainingException(
                    "training stopped at step "
                            + stepsDone
                            + ", because the loss is "
                            + loss
                            + "; try a lower learning rate, or --clip 1");
        }
        return loss;
    }

    /** Computes the gradients of a step, the mean of those of its batches, and returns its loss. */
    double accumulate() {
        double loss = 0;
        for (int i = 0; i < settings.accumulation(); i++) {
            loss += backward() / settings.accumulation();
        }
        return loss;
    }

    private double fusedStep(FusedStep steps) {
        try (NDManager sub = manager.newSubManager()) {
            TextData.Batch batch = data.batch(sub, Split.TRAIN, settings.batchSize());
            return steps.run(
                            batch.x().expandDims(0),
                            batch.y().expandDims(0),
                            new double[] {rate.at(stepsDone)})[0];
        }
    }

    /** Adds the gradients of a batch to those of the step, and returns its loss. */
    private double backward() {
        try (NDManager sub = manager.newSubManager();
                GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            TextData.Batch batch = data.batch(sub, Split.TRAIN, settings.batchSize());
            Gpt model = saved.model();
            NDArray logits = model.call(new ParameterStore(sub, false), batch.x(), true);
            NDArray loss = model.loss(logits, batch.y());
            collector.backward(
                    settings.accumulation() == 1 ? loss : loss.div(settings.accumulation()));
            return loss.getFloat();
        }
    }

    /**
     * Estimates the losses of both parts of the text. The generators are left as they were, so that
     * it does not matter how often one looks.
     *
     * @param batches how many batches of each; the lecture takes 200
     * @return the losses
     */
    public Evaluated evaluate(int batches) {
        try (NDManager sub = manager.newSubManager(Device.cpu())) {
            NDArray state = RandomState.get(sub, Device.cpu());
            Gpt model = saved.model();
            Evaluated evaluated =
                    new Evaluated(
                            stepsDone,
                            data.estimateLoss(model, Split.TRAIN, batches, settings.batchSize()),
                            data.estimateLoss(model, Split.VAL, batches, settings.batchSize()));
            evaluations.add(evaluated);
            RandomState.set(state, Device.cpu());
            return evaluated;
        }
    }

    /**
     * Returns the losses so far.
     *
     * @return the results of {@link #evaluate}, those before a checkpoint included
     */
    public List<Evaluated> evaluations() {
        return List.copyOf(evaluations);
    }

    /**
     * Returns when losses are estimated along the way.
     *
     * @return the plan
     */
    public EvaluationPlan evaluationPlan() {
        return plan;
    }

    /**
     * Changes when losses are estimated along the way. It is for whoever calls {@link #evaluate},
     * and kept with the run.
     *
     * @param newPlan the plan
     */
    public void setEvaluationPlan(EvaluationPlan newPlan) {
        plan = newPlan;
    }

    /**
     * Returns the number of steps so far.
     *
     * @return the number of the next step
     */
    public int stepsDone() {
        return stepsDone;
    }

    /**
     * Returns the settings.
     *
     * @return the settings
     */
    public GptTrainingSettings settings() {
        return settings;
    }

    /**
     * Returns the model and its vocabulary.
     *
     * @return the model that is trained
     */
    public SavedGpt saved() {
        return saved;
    }

    /**
     * Returns the learning rate of the next step.
     *
     * @return the rate
     */
    public double currentRate() {
        return rate.at(stepsDone);
    }

    /** Frees everything, the model included. */
    @Override
    public void close() {
        manager.close();
    }
}
