/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.Vocabulary;
import org.djlext.makemore.diagnostics.ModelHistograms;
import org.djlext.makemore.diagnostics.UpdateRatios;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.sample.Sampler;
import org.djlext.makemore.sample.SamplerSettings;
import org.djlext.makemore.train.SavedModel;
import org.djlext.nn.Embedding;
import org.djlext.torch.RandomStream;
import org.jspecify.annotations.Nullable;

/**
 * Follows a training from beside its loop. It keeps each loss; if a report is asked for, it also
 * measures the update ratio of some two hundred steps, and looks into the model and samples from it
 * at the start, after each quarter and at the end.
 */
public class RunWatcher implements AutoCloseable {

    private static final int MEASURED_STEPS = 200;
    private static final int LOOKS = 4;
    private static final int EXAMPLES = 256; // that are looked at
    private static final int POSITIONS = 4096; // of them, in a model of long texts
    private static final int FEWEST = 16; // examples
    private static final int SAMPLES = 20;
    private static final int LENGTH = 300; // of a text
    private static final long SEED_OFFSET = 10;

    /** What is told of the training. */
    final TrainingReport report;

    private final NDManager manager;
    private final SavedModel saved;
    private final long seed;
    private final int interval;
    private final int lookInterval;
    private final Examples.@Nullable Batch batch; // null if nothing is looked at
    private final @Nullable UpdateRatios ratios; // null then too
    private int lastLook;

    /**
     * Begins, with a look into the model as it is.
     *
     * @param session where the report goes
     * @param manager a manager of the model's device
     * @param saved the model, which is trained in place
     * @param train the training examples
     * @param seed the seed of the training
     * @param from the number of the first step
     * @param steps how many steps there are to be in all
     */
    public RunWatcher(
            ReportSession session,
            NDManager manager,
            SavedModel saved,
            Examples train,
            long seed,
            int from,
            int steps) {
        report = session.report();
        this.manager = manager;
        this.saved = saved;
        this.seed = seed;
        interval = Math.max(1, steps / MEASURED_STEPS);
        lookInterval = Math.max(1, (steps + LOOKS - 1) / LOOKS);
        LanguageModel model = saved.model();
        report.parameters(model.parameterCount());
        if (!session.isOn()) {
            batch = null;
            ratios = null;
            return;
        }
        batch = train.gather(manager, rows(train.size(), model.config().blockSize()));
        ratios = new UpdateRatios(manager, ModelHistograms.matrices(model));
        report.plan(from, steps);
        lookInto(from);
        ratios.before();
    }

    /** Returns the numbers of a few examples from all over a data set, always the same. */
    private static long[] rows(long size, int blockSize) {
        // A model of long texts has many positions in each.
        int most = Math.min(EXAMPLES, Math.max(FEWEST, POSITIONS / blockSize));
        int count = (int) Math.min(most, size);
        return IntStream.range(0, count).mapToLong(i -> i * size / count).toArray();
    }

    /**
     * Tells how many steps may be done before {@link #step} is called for each of them, for a
     * training that does many in one go: a step that is measured is done alone, and a look into the
     * model comes right after its step.
     *
     * @param step the number of the next step
     * @return the number of steps, at least 1
     */
    public int stepsAtATime(int step) {
        if (ratios == null) {
            return Integer.MAX_VALUE;
        }
        return step % interval == 0
                ? 1
                : Math.min(interval - step % interval, lookInterval - step % lookInterval);
    }

    /**
     * Takes note of a step.
     *
     * @param step the number of the step, from 0
     * @param loss the loss of its mini-batch
     */
    public void step(int step, double loss) {
        report.step(step, loss);
        if (ratios == null) {
            return;
        }
        report.updateRatios(step, ratios.after());
        if ((step + 1) % lookInterval == 0) {
            lookInto(step + 1);
        }
        if ((step + 1) % interval == 0) {
            ratios.before();
        }
    }

    /**
     * Looks into the model once more, unless it has just been done.
     *
     * @param stepsDone how many steps are done
     */
    public void end(int stepsDone) {
        if (lastLook != stepsDone) {
            lookInto(stepsDone);
        }
    }

    private void lookInto(int stepsDone) {
        lastLook = stepsDone;
        if (batch == null) {
            return;
        }
        LanguageModel model = saved.model();
        ModelHistograms seen =
                ModelHistograms.of(
                        manager,
                        model,
                        model::loss,
                        batch.x(),
                        batch.y(),
                        !model.config().random());
        report.histograms(stepsDone, "Activations", seen.activations());
        report.histograms(stepsDone, "Gradients of activations", seen.activationGradients());
        report.histograms(stepsDone, "Weights", seen.weights());
        report.histograms(stepsDone, "Gradients of weights", seen.weightGradients());
        Vocabulary vocabulary = saved.vocabulary();
        vectors(model, vocabulary.size())
                .ifPresent(
                        vectors ->
                                report.embedding(
                                        stepsDone,
                                        IntStream.range(0, vocabulary.size())
                                                .mapToObj(i -> vocabulary.decode(i))
                                                .toList(),
                                        vectors.toFloatArray(),
                                        (int) vectors.getShape().get(1)));
        report.samples(stepsDone, samples(manager, saved, seed));
    }

    /**
     * Draws what shows how good a model is, from a random stream of its own, so that the training
     * is not disturbed.
     *
     * @param manager a manager of the model's device
     * @param saved the model
     * @param seed the seed of its training; the lectures sample with one that is 10 higher
     * @return 20 names, or a text of 300 characters
     */
    public static List<String> samples(NDManager manager, SavedModel saved, long seed) {
        boolean names = saved.vocabulary().hasSeparator();
        Sampler sampler = new Sampler(manager, saved.model(), saved.vocabulary());
        SamplerSettings settings = SamplerSettings.PLAIN.length(LENGTH);
        return new RandomStream(seed + SEED_OFFSET)
                .run(() -> sampler.sample(names ? SAMPLES : 1, settings));
    }

    /**
     * Finds the vectors that stand for the characters in a model.
     *
     * @param model the model, initialized
     * @param vocabSize the number of characters
     * @return (vocabSize, dim) with a dim of 2 or more, if the model has such an embedding
     */
    public static Optional<NDArray> vectors(Block model, int vocabSize) {
        return embeddings(model)
                .map(block -> block.getDirectParameters().get("weight").getArray())
                .filter(w -> w.getShape().get(0) == vocabSize && w.getShape().get(1) >= 2)
                .findFirst();
    }

    private static Stream<Embedding> embeddings(Block block) {
        Stream<Embedding> own = block instanceof Embedding e ? Stream.of(e) : Stream.empty();
        return Stream.concat(
                own, block.getChildren().values().stream().flatMap(RunWatcher::embeddings));
    }

    /** Frees what measuring takes. */
    @Override
    public void close() {
        if (ratios != null) {
            ratios.close();
        }
    }
}
