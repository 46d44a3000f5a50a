/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.torch.RandomStream;
import org.jspecify.annotations.Nullable;

/**
 * The training of a model on names or on a text, which can be written to a checkpoint after any
 * step and resumed in another process, to the same losses bit for bit.
 *
 * <p>All random numbers come from the run's own stream: first the parameters, then mini-batches and
 * dropout. So runs of several threads do not disturb each other.
 */
public final class Training implements AutoCloseable {

    private final NDManager manager;
    private final SavedModel saved;
    private final Corpus corpus;
    private final Examples train;
    private final Examples dev;
    private final RandomStream random;
    private final TrainingRanks ranks;
    private final TrainingLoop loop;
    private TrainingConfig config;
    private final TrainingHistory history = new TrainingHistory();

    /**
     * The losses after some steps.
     *
     * @param step how many
     * @param train the training loss; NaN if the whole dev set is evaluated, and nothing else
     * @param dev the loss of the dev set, which is that of validation for a text
     */
    public record Evaluated(int step, double train, double dev) {}

    Training(
            NDManager manager,
            Corpus corpus,
            TrainingConfig config,
            RandomStream random,
            SavedModel saved,
            TrainingRanks ranks) {
        this.manager = manager;
        this.config = config;
        this.random = random;
        this.ranks = ranks;
        this.saved = saved;
        this.corpus = corpus;
        train = saved.model().examples(corpus, Corpus.Part.TRAIN);
        dev = saved.model().examples(corpus, Corpus.Part.DEV);
        ranks.requireSame(saved.model().config() + " " + config + corpus.sha256());
        loop = new TrainingLoop(manager, saved.model(), train, config, random, ranks);
    }

    /**
     * Starts a run: draws the parameters.
     *
     * @param parent its device is the one to train on
     * @param model the model
     * @param config the settings
     * @param corpus the data
     * @return the run, before its first step
     * @throws IllegalArgumentException if the model cannot be trained like this
     */
    public static Training start(
            NDManager parent, ModelConfig model, TrainingConfig config, Corpus corpus) {
        return start(parent, model, config, corpus, TrainingRanks.ALONE);
    }

    /**
     * Starts a run of several processes, which all call this.
     *
     * @param parent its device is the one to train on
     * @param model the model
     * @param config the settings, where a batch is that of all ranks together
     * @param corpus the data
     * @param ranks the processes, which stay open until the run is closed
     * @return the run, before its first step
     * @throws IllegalArgumentException if the model cannot be trained like this
     * @throws TrainingException if these ranks cannot train it, or have different settings
     */
    public static Training start(
            NDManager parent,
            ModelConfig model,
            TrainingConfig config,
            Corpus corpus,
            TrainingRanks ranks) {
        NDManager manager = parent.newSubManager();
        try {
            RandomStream random = new RandomStream(config.seed());
            LanguageModel made = model.model();
            config.checkMemory(made, manager.getDevice());
            random.run(() -> made.initialize(manager, DataType.FLOAT32));
            return new Training(
                    manager,
                    corpus,
                    config,
                    random,
                    new SavedModel(made, corpus.vocabulary(), corpus.source()),
                    ranks);
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /**
     * Resumes a run, with its own settings. Several processes all call this; there may be more of
     * them or fewer than before.
     *
     * @param parent its device is the one to train on
     * @param file the checkpoint of the run, which rank 0 reads
     * @param maxSteps how many steps there are to be in all, or null for as many as were planned
     * @param given the data, as they were; null to read them again from where they were
     * @param ranks the processes, such as {@link TrainingRanks#ALONE}, which stay open until the
     *     run is closed
     * @return the run, where it was when the checkpoint was written
     * @throws CheckpointException if the checkpoint cannot be read, or was made with other data
     */
    public static Training resume(
            NDManager parent,
            Path file,
            @Nullable Integer maxSteps,
            @Nullable Corpus given,
            TrainingRanks ranks) {
        return TrainingFile.read(parent, file, maxSteps, given, ranks);
    }

    /**
     * Writes the run as it is now; the old file stays whole until the new one is. All ranks call
     * it, and rank 0 writes.
     *
     * @param file the checkpoint, which is replaced if it is there
     * @throws TrainingException if a parameter is NaN or infinite, so that an older file stays
     */
    public void write(Path file) {
        loop.average();
        loop.checkFinite();
        if (ranks.isFirst()) {
            file().write(file);
        }
    }

    /** Returns what reads and writes the state of the run. */
    TrainingFile file() {
        return new TrainingFile(this, random, history, loop);
    }

    /**
     * Does a step, and evaluates the run if it is time for it.
     *
     * @return the loss of the step, before its update
     * @throws TrainingException if the loss is NaN or infinite; the parameters stay as they were
     */
    public float step() {
        return steps(1)[0];
    }

    /**
     * Does as many steps as are best done in one go, and evaluates the run before the first step of
     * all, and if it is time for it after the last of these.
     *
     * @param most the largest number of steps, at least 1
     * @return the loss of each step
     * @throws TrainingException if a loss is NaN or infinite
     */
    public float[] steps(int most) {
        int step = stepsDone();
        int every = config.evaluation().every();
        if (every > 0 && step == 0) {
            evaluate(); // if a parameter is NaN or infinite the first step says more
        }
        float[] added = loop.steps(every > 0 ? Math.min(most, every - step % every) : most);
        history.add(added);
        if (every > 0 && stepsDone() % every == 0) {
            double devLoss = evaluate().dev;
            if (!Double.isFinite(devLoss)) {
                String what = "the dev loss is " + devLoss;
                throw TrainingException.after(saved.model(), stepsDone(), what);
            }
        }
        return added;
    }

    /**
     * Trains until the run is done.
     *
     * @throws TrainingException if a loss is NaN or infinite
     */
    public void finish() {
        while (!isDone()) {
            steps(config.maxSteps() - stepsDone());
        }
    }

    /**
     * {@return the losses after the steps so far, computed as the plan says if they are not known
     * yet} The random numbers of the run are left as they were, so that it does not matter how
     * often one looks.
     */
    public Evaluated evaluate() {
        loop.average();
        return history.after(stepsDone()).orElseGet(this::compute);
    }

    private Evaluated compute() {
        // Rank 0 computes it, for all ranks have the same parameters.
        double[] losses = ranks.ofFirst(ranks.isFirst() ? computeLosses() : new double[2]);
        Evaluated evaluated = new Evaluated(stepsDone(), losses[0], losses[1]);
        history.add(evaluated);
        return evaluated;
    }

    private double[] computeLosses() {
        LanguageModel model = saved.model();
        int batches = config.evaluation().batches();
        if (batches > 0 && config.batchSize() > 0) {
            return Evaluation.estimates(
                    manager, model, List.of(train, dev), batches, config.batchSize(), random);
        }
        // Where a batch is all examples, so is each of the batches of an estimate.
        double ofTrain = batches == 0 ? Double.NaN : Evaluation.loss(manager, model, train);
        return new double[] {ofTrain, Evaluation.loss(manager, model, dev)};
    }

    /**
     * {@return whether there is nothing more to do, after the last step or when the dev loss has
     * had no new best for too long}
     */
    public boolean isDone() {
        int patience = config.evaluation().patience();
        return stepsDone() >= config.maxSteps()
                || (patience > 0 && history.sinceBest() >= patience);
    }

    /** {@return whether the newest dev loss is the best after any step so far} */
    public boolean isNewBest() {
        return best().filter(best -> best.step() == stepsDone()).isPresent();
    }

    /**
     * {@return the first of the lowest dev losses after any step so far; empty if there is none
     * yet}
     */
    public Optional<Evaluated> best() {
        return history.best();
    }

    /** {@return the number of steps so far, which is that of the next step} */
    public int stepsDone() {
        return loop.stepsDone();
    }

    /**
     * {@return the norm of all gradients together, before clipping, in the last step that this
     * process has done; NaN if there is none}
     */
    public double gradientNorm() {
        return loop.gradientNorm();
    }

    /** {@return the loss of each step's mini-batch so far} */
    public float[] losses() {
        return history.losses();
    }

    /**
     * {@return the losses so far that were computed along the way; the first is that of the initial
     * parameters}
     */
    public List<Evaluated> evaluations() {
        return history.evaluations();
    }

    /**
     * Changes when the run is evaluated and saved, which does not change what it computes.
     *
     * @param plan the plan, which is kept with the run
     */
    public void setEvaluation(EvaluationPlan plan) {
        config = config.toBuilder().evaluation(plan).build();
    }

    /** {@return the settings} */
    public TrainingConfig config() {
        return config;
    }

    /** {@return the model that is trained, and its vocabulary} */
    public SavedModel saved() {
        return saved;
    }

    /** {@return what it is trained on} */
    public Corpus corpus() {
        return corpus;
    }

    /** {@return the training set} */
    public Examples train() {
        return train;
    }

    /** {@return the processes that train} */
    public TrainingRanks ranks() {
        return ranks;
    }

    /** {@return the manager of the run's arrays, of the model's device} */
    public NDManager manager() {
        return manager;
    }

    /** Frees everything, the model included. */
    @Override
    public void close() {
        loop.close();
        manager.close();
    }
}
