/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.djlext.files.Json;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.MemoryEstimate;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.optim.TorchAdamW;
import org.djlext.optim.TorchOptimizer;
import org.djlext.optim.TorchSgd;
import org.djlext.torch.RandomState;
import org.jspecify.annotations.Nullable;

/**
 * The training of a model on a corpus, which can be written to a checkpoint after any step and gone
 * on with in another process, to the same losses bit for bit.
 *
 * <p>All random numbers come from the engine's generator: first the parameters, then the
 * mini-batches. So nothing else may draw from it while a run is under way.
 */
public final class TrainingRun implements AutoCloseable {

    private static final int FIRST_LOSSES = 1024;
    private static final String LOSSES = "losses";

    private final NDManager manager;
    private final RunSettings settings;
    private final SavedModel saved;
    private final Examples train;
    private final Examples dev;
    private final TorchOptimizer optimizer;
    private final TrainingLoop loop;
    private float[] losses;
    private final List<DevLoss> devLosses = new ArrayList<>();

    /**
     * A dev loss along the way.
     *
     * @param step the number of steps before it
     * @param loss the loss
     */
    public record DevLoss(int step, double loss) {}

    private TrainingRun(NDManager manager, Corpus corpus, RunSettings settings, SavedModel saved) {
        this.manager = manager;
        this.settings = settings;
        this.saved = saved;
        LanguageModel model = saved.model();
        train = Examples.of(manager, model, corpus.split().train(), saved.vocabulary());
        dev = Examples.of(manager, model, corpus.split().dev(), saved.vocabulary());
        optimizer = optimizer(settings);
        loop =
                new TrainingLoop(
                        manager,
                        model,
                        train,
                        optimizer,
                        new TrainingLoop.Settings(
                                settings.batchSize(),
                                LearningRate.stepDecay(settings.rate(), settings.decayAt()),
                                settings.clip()),
                        settings.gradients());
        losses = new float[Math.min(settings.steps(), FIRST_LOSSES)];
    }

    private static TorchOptimizer optimizer(RunSettings settings) {
        return switch (settings.optimizer()) {
            case SGD -> TorchSgd.builder().optWeightDecay(settings.weightDecay()).build();
            case ADAMW ->
                    TorchAdamW.builder()
                            .optBetas(0.9, 0.99) // the makemore program's
                            .optWeightDecay(settings.weightDecay())
                            .build();
        };
    }

    /**
     * Starts a run: draws the parameters.
     *
     * @param parent its device is the one to train on
     * @param config the model
     * @param settings the settings
     * @param corpus the names
     * @return the run
     */
    public static TrainingRun start(
            NDManager parent, ModelConfig config, RunSettings settings, Corpus corpus) {
        NDManager manager = parent.newSubManager();
        RandomState.seed(settings.seed());
        LanguageModel model = config.model();
        MemoryEstimate.ofTraining(model, new Shape(settings.batchSize(), config.blockSize()))
                .check(manager.getDevice());
        model.initialize(manager, DataType.FLOAT32);
        return new TrainingRun(
                manager,
                corpus,
                settings,
                new SavedModel(model, corpus.vocabulary(), corpus.sha256()));
    }

    /**
     * Goes on with a run.
     *
     * @param parent its device is the one to train on
     * @param file the checkpoint of the run
     * @param steps how many steps there are to be in all, or null for as many as were planned
     * @param corpus the names, which must be those of the run
     * @return the run, where it was when the checkpoint was written
     * @throws CheckpointException if the checkpoint cannot be read, or was made with other names
     */
    public static TrainingRun resume(
            NDManager parent, Path file, @Nullable Integer steps, Corpus corpus) {
        NDManager manager = parent.newSubManager();
        try (NDManager sub = manager.newSubManager(Device.cpu())) {
            Checkpoint checkpoint =
                    Checkpoint.read(file, SavedModel.FORMAT, SavedModel.VERSION, sub);
            JsonObject header = checkpoint.header();
            if (!header.has("settings") || !header.has("step")) {
                throw new CheckpointException(
                        "the checkpoint " + file + " holds a model, but no run to go on with");
            }
            if (!Json.text(header, "names").equals(corpus.sha256())) {
                throw new CheckpointException(
                        "the checkpoint "
                                + file
                                + " was trained on other names than these; give the same with"
                                + " --data, or leave out --resume");
            }
            int done = ResumePoint.step(checkpoint, file, steps);
            RunSettings settings = Json.record(header, "settings", RunSettings.class);
            TrainingRun run =
                    new TrainingRun(
                            manager,
                            corpus,
                            steps == null ? settings : settings.withSteps(steps),
                            SavedModel.of(checkpoint, manager));
            run.restore(checkpoint, done);
            return run;
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
        checkpoint.checkShapes(LOSSES, Map.of("", new Shape(step)));
        losses = checkpoint.tensor(LOSSES).toFloatArray();
        devLosses.addAll(Json.records(header, "dev_losses", DevLoss.class));
        ResumePoint.checkOrder(devLosses.stream().map(DevLoss::step).toList(), step);
        loop.resumeAt(step);
        // Last, because making the model has drawn numbers.
        ResumePoint.restore(checkpoint, optimizer, saved.model(), manager.getDevice());
    }

    /**
     * Writes the run as it is now.
     *
     * @param file the checkpoint, which is replaced if it is there
     * @throws TrainingException if a parameter is no number, so that an older file stays
     */
    public void write(Path file) {
        loop.checkFinite();
        JsonObject header = new JsonObject();
        Map<String, NDArray> tensors = new LinkedHashMap<>();
        saved.addTo(header, tensors);
        header.add("settings", Json.tree(settings));
        header.add("dev_losses", Json.tree(devLosses));
        try (NDManager sub = manager.newSubManager(Device.cpu())) {
            tensors.put(LOSSES, sub.create(losses(), new Shape(stepsDone())));
            ResumePoint.addTo(
                    header,
                    tensors,
                    stepsDone(),
                    optimizer,
                    saved.model(),
                    sub,
                    manager.getDevice());
            new Checkpoint(header, tensors).write(file, SavedModel.FORMAT, SavedModel.VERSION);
        }
    }

    /**
     * Does a step, and computes the dev loss if it is time for it.
     *
     * @return the loss of the step
     * @throws TrainingException if the loss is no number
     */
    public float step() {
        return steps(1)[0];
    }

    /**
     * Does as many steps as are best done in one go, and computes the dev loss before the first
     * step of all, and if it is time for it after the last of these.
     *
     * @param most how many at the most, at least 1
     * @return the loss of each step
     * @throws TrainingException if a loss is no number
     */
    public float[] steps(int most) {
        int step = stepsDone();
        int every = settings.evaluateEvery();
        if (every > 0 && step == 0) {
            // Of the parameters as drawn; if they are no numbers the first step says more.
            devLosses.add(new DevLoss(0, devLoss()));
        }
        float[] added = loop.steps(every > 0 ? Math.min(most, every - step % every) : most);
        if (stepsDone() > losses.length) {
            losses = Arrays.copyOf(losses, Math.max(FIRST_LOSSES, 2 * stepsDone()));
        }
        System.arraycopy(added, 0, losses, step, added.length);
        if (every > 0 && stepsDone() % every == 0) {
            devLosses.add(new DevLoss(stepsDone(), finite(devLoss())));
        }
        return added;
    }

    private double finite(double devLoss) {
        if (!Double.isFinite(devLoss)) {
            throw new TrainingException(
                    "training of "
                            + saved.model().config().type()
                            + " stopped after step "
                            + (stepsDone() - 1)
                            + ", because the dev loss is "
                            + devLoss
                            + "; try a lower learning rate");
        }
        return devLoss;
    }

    /**
     * Tells whether there is nothing more to do.
     *
     * @return true after the last step, or when the dev loss has had no new best for too long
     */
    public boolean isDone() {
        return stepsDone() >= settings.steps() || isOutOfPatience();
    }

    /**
     * Tells whether the dev loss has had no new best for as long as the settings allow.
     *
     * @return true if training should stop early
     */
    public boolean isOutOfPatience() {
        if (settings.patience() == 0) {
            return false;
        }
        int since =
                bestDevLoss().map(best -> devLosses.size() - 1 - devLosses.indexOf(best)).orElse(0);
        return since >= settings.patience();
    }

    /**
     * Tells whether the newest dev loss is the best after any step so far.
     *
     * @return true right after a new best
     */
    public boolean isNewBest() {
        return bestDevLoss().filter(best -> best.step() == stepsDone()).isPresent();
    }

    /**
     * Returns the best dev loss after any step so far.
     *
     * @return the first of the lowest; empty if there is none yet
     */
    public Optional<DevLoss> bestDevLoss() {
        return devLosses.stream()
                .filter(loss -> loss.step() > 0)
                .min(Comparator.comparingDouble(DevLoss::loss));
    }

    /**
     * Returns the number of steps so far.
     *
     * @return the number of the next step
     */
    public int stepsDone() {
        return loop.stepsDone();
    }

    /**
     * Returns the losses so far.
     *
     * @return the loss of each step's mini-batch
     */
    public float[] losses() {
        return Arrays.copyOf(losses, stepsDone());
    }

    /**
     * Returns the dev losses so far, if they are computed along the way.
     *
     * @return the losses and where they were computed; the first is that of the parameters as drawn
     */
    public List<DevLoss> devLosses() {
        return List.copyOf(devLosses);
    }

    /**
     * Returns the settings.
     *
     * @return the settings
     */
    public RunSettings settings() {
        return settings;
    }

    /**
     * Returns the model and its vocabulary.
     *
     * @return the model that is trained
     */
    public SavedModel saved() {
        return saved;
    }

    /**
     * Returns the training set.
     *
     * @return the examples
     */
    public Examples train() {
        return train;
    }

    /**
     * Returns the manager of the run's arrays.
     *
     * @return a manager of the model's device
     */
    public NDManager manager() {
        return manager;
    }

    /**
     * Computes the loss of the dev set.
     *
     * @return the mean cross entropy
     */
    public double devLoss() {
        return Evaluation.loss(manager, saved.model(), dev);
    }

    /** Frees everything, the model included. */
    @Override
    public void close() {
        loop.close();
        optimizer.close();
        manager.close();
    }
}
