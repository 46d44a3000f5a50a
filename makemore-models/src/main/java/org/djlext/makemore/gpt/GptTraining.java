/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.djlext.files.Json;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.gpt.TextData.Split;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.MemoryEstimate;
import org.djlext.makemore.train.Checkpoint;
import org.djlext.makemore.train.CheckpointException;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.ResumePoint;
import org.djlext.makemore.train.TrainingException;
import org.djlext.makemore.train.TrainingSteps;
import org.djlext.optim.TorchAdamW;
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
    private final GptCompute compute;
    private final TorchAdamW optimizer;
    private final TrainingSteps steps;
    private final LearningRate rate;
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
            NDManager manager,
            String text,
            GptCompute compute,
            GptTrainingSettings settings,
            SavedGpt saved) {
        if (compute.gradients() == Gradients.COMPILED && settings.accumulation() > 1) {
            throw new IllegalArgumentException(
                    "compiled steps are of one batch each, but accumulation is "
                            + settings.accumulation()
                            + "; take larger batches, or MANUAL or ENGINE gradients");
        }
        this.manager = manager;
        this.compute = compute;
        this.settings = settings;
        this.saved = saved;
        Gpt model = saved.model();
        data = new TextData(manager, saved.vocabulary().encode(text), model.config().blockSize());
        optimizer = settings.optimizer(model);
        steps =
                new TrainingSteps(
                        manager,
                        model,
                        LanguageModel.newLoss(),
                        optimizer,
                        settings.clip(),
                        compute.gradients());
        rate = settings.learningRate();
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
            CharVocabulary vocabulary = CharVocabulary.ofText(text);
            Gpt model =
                    new Gpt(
                            config.apply(vocabulary.size())
                                    .computed(compute.bfloat16(), compute.checkpointing()));
            // With checkpointing the activations of one block are there at a time.
            int sequences = compute.checkpointing() ? 1 : settings.batchSize();
            MemoryEstimate.ofTraining(model, new Shape(sequences, model.config().blockSize()))
                    .check(manager.getDevice());
            RandomState.seed(settings.seed());
            model.initialize(manager, DataType.FLOAT32);
            return new GptTraining(
                    manager,
                    text,
                    compute,
                    settings,
                    new SavedGpt(model, vocabulary, SavedGpt.hash(text)));
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
            GptCompute compute = GptCompute.of(header);
            SavedGpt saved = SavedGpt.of(checkpoint, manager, compute);
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
                            compute,
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
        ResumePoint.restore(checkpoint, optimizer, saved.model(), manager.getDevice());
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
        header.add(GptCompute.NAME, Json.tree(compute));
        header.add("settings", Json.tree(settings));
        header.add(EvaluationPlan.NAME, Json.tree(plan));
        header.add("evaluations", Json.tree(evaluations));
        try (NDManager sub = manager.newSubManager(Device.cpu())) {
            ResumePoint.addTo(
                    header, tensors, stepsDone, optimizer, saved.model(), sub, manager.getDevice());
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
        double loss;
        if (steps.gradients() == Gradients.COMPILED) {
            try (NDManager sub = manager.newSubManager()) {
                TextData.Batch batch = data.batch(sub, Split.TRAIN, settings.batchSize());
                loss = checked(steps.step(batch.x(), batch.y(), rate.at(stepsDone)));
            }
        } else {
            loss = checked(accumulate());
            steps.clip();
            steps.update(rate.at(stepsDone));
        }
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

    /** Adds the gradients of a batch to those of the step, and returns its loss. */
    private double backward() {
        try (NDManager sub = manager.newSubManager()) {
            TextData.Batch batch = data.batch(sub, Split.TRAIN, settings.batchSize());
            return steps.backward(batch.x(), batch.y(), settings.accumulation());
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
     * Returns how it is computed.
     *
     * @return what the training was started with
     */
    public GptCompute compute() {
        return compute;
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
        steps.close();
        optimizer.close();
        manager.close();
    }
}
