/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.djlext.files.Json;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.train.Training.Evaluated;
import org.djlext.torch.RandomStream;
import org.jspecify.annotations.Nullable;

/**
 * What of a run is in its checkpoint.
 *
 * @param run the run
 * @param random its random numbers
 * @param losses the loss of each step
 * @param evaluations the losses along the way
 * @param loop its steps
 */
record TrainingFile(
        Training run,
        RandomStream random,
        LossHistory losses,
        EvaluationHistory evaluations,
        TrainingLoop loop) {

    private static final String LOSSES = "losses";
    private static final String SETTINGS = "settings";
    private static final String EVALUATIONS = "evaluations";

    /** Reads a run, as {@link Training#resume} does. */
    static Training read(
            NDManager parent,
            Path file,
            @Nullable Integer maxSteps,
            @Nullable Corpus given,
            TrainingRanks ranks) {
        NDManager manager = parent.newSubManager();
        try (NDManager sub = manager.newSubManager(Device.cpu())) {
            Checkpoint checkpoint = ranks.read(file, sub);
            JsonObject header = checkpoint.header();
            TrainingConfig config = Json.record(header, SETTINGS, TrainingConfig.class);
            int done = ResumePoint.step(checkpoint, file, maxSteps);
            RandomStream random = new RandomStream(config.seed());
            // Initial values, which the checkpoint's replace, are drawn from the run's numbers.
            SavedModel saved = random.run(() -> SavedModel.of(checkpoint, manager));
            Corpus corpus = given == null ? saved.corpus() : given;
            if (!saved.isTrainedOn(corpus)) {
                throw new CheckpointException(
                        "the checkpoint "
                                + file
                                + " was trained on other data than these; give the same with "
                                + corpus.source().kind().option()
                                + ", or leave out --resume");
            }
            if (maxSteps != null) {
                config = config.toBuilder().maxSteps(maxSteps).build();
            }
            Training run = new Training(manager, corpus, config, random, saved, ranks);
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

    /** Puts the run where it was when a checkpoint was written. */
    void restore(Checkpoint checkpoint, int step) {
        checkpoint.checkShapes(LOSSES, Map.of("", new Shape(step)));
        losses.add(checkpoint.tensor(LOSSES).toFloatArray());
        evaluations.addAll(Json.records(checkpoint.header(), EVALUATIONS, Evaluated.class));
        ResumePoint.checkOrder(evaluations.all().stream().map(Evaluated::step).toList(), step);
        loop.resumeAt(step);
        resumePoint().restore(checkpoint);
    }

    /** Writes the run; the old file stays whole until the new one is. */
    void write(Path file) {
        JsonObject header = new JsonObject();
        Map<String, NDArray> tensors = new LinkedHashMap<>();
        run.saved().addTo(header, tensors);
        header.add(SETTINGS, Json.tree(run.config()));
        header.add(EVALUATIONS, Json.tree(evaluations.all()));
        try (NDManager sub = run.manager().newSubManager(Device.cpu())) {
            int step = loop.stepsDone();
            tensors.put(LOSSES, sub.create(losses.toArray(), new Shape(step)));
            resumePoint().addTo(header, tensors, step, sub);
            new Checkpoint(header, tensors).write(file);
        }
    }

    private ResumePoint resumePoint() {
        return new ResumePoint(
                random, loop.optimizer(), run.saved().model(), run.manager().getDevice());
    }
}
