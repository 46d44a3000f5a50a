/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.djlext.files.Json;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.train.Training.Evaluated;
import org.djlext.nn.ParameterNames;
import org.djlext.torch.RandomState;
import org.djlext.torch.RandomStream;
import org.jspecify.annotations.Nullable;

/**
 * What of a run is in its checkpoint beside the model, so that training goes on bit for bit: the
 * settings, the number of steps and what they computed, and the states of the optimizer and of the
 * random numbers.
 */
record TrainingFile(Training run, RandomStream random, TrainingHistory history, TrainingLoop loop) {

    private static final String STEP = "step";
    private static final String LOSSES = "losses";
    private static final String SETTINGS = "settings";
    private static final String EVALUATIONS = "evaluations";
    private static final String OPTIMIZER = "optimizer/";
    private static final String CPU_RANDOM = "random/cpu";
    private static final String GPU_RANDOM = "random/gpu";

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
            int done = (int) Json.count(header, STEP);
            if (maxSteps != null && maxSteps < done) {
                throw new CheckpointException(
                        "the run in %s has done %s steps already, which is more than %s"
                                .formatted(file, done, maxSteps));
            }
            RandomStream random = new RandomStream(config.seed());
            // Initial values, which the checkpoint's replace, are drawn from the run's numbers.
            SavedModel saved = random.run(() -> SavedModel.of(checkpoint, manager));
            Corpus corpus = given == null ? saved.corpus() : given;
            if (!saved.isTrainedOn(corpus)) {
                throw new CheckpointException(
                        ("the checkpoint %s was trained on other data than these; give the same"
                                        + " with %s, or leave out --resume")
                                .formatted(file, corpus.source().kind().option()));
            }
            if (maxSteps != null) {
                config = config.toBuilder().maxSteps(maxSteps).build();
            }
            Training run = new Training(manager, corpus, config, random, saved, ranks);
            run.file().restore(checkpoint, done);
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
        history.add(checkpoint.tensor(LOSSES).toType(DataType.FLOAT32, false).toFloatArray());
        int before = 0;
        for (Evaluated each : Json.records(checkpoint.header(), EVALUATIONS, Evaluated.class)) {
            if (each.step() < before || each.step() > step) {
                throw new IllegalArgumentException(
                        "a loss is of step %s, after %s and of %s"
                                .formatted(each.step(), before, step));
            }
            before = each.step();
            history.add(each);
        }
        loop.resumeAt(step);
        Map<String, Parameter> parameters = ParameterNames.trained(run.saved().model());
        Map<String, NDArray> state = loop.optimizer().state(parameters);
        checkpoint.copyInto(OPTIMIZER, state);
        loop.optimizer().restore(parameters, state); // which counts the steps
        random.run(
                () -> {
                    restoreRandom(checkpoint.tensor(CPU_RANDOM), Device.cpu());
                    if (device().isGpu() && checkpoint.tensors().containsKey(GPU_RANDOM)) {
                        restoreRandom(checkpoint.tensor(GPU_RANDOM), device());
                    }
                });
    }

    private static void restoreRandom(NDArray state, Device device) {
        try (NDArray now = RandomState.get(state.getManager(), device)) {
            if (!now.getShape().equals(state.getShape())
                    || now.getDataType() != state.getDataType()) {
                throw new CheckpointException(
                        "the checkpoint's random state must be %s, but is %s"
                                .formatted(Checkpoint.describe(now), Checkpoint.describe(state)));
            }
            RandomState.set(state, device);
        } catch (EngineException e) {
            throw new CheckpointException(
                    "the checkpoint's random state is not one of the engine's generator");
        }
    }

    /** Writes the run; the old file stays whole until the new one is. */
    void write(Path file) {
        JsonObject header = new JsonObject();
        Map<String, NDArray> tensors = new LinkedHashMap<>();
        run.saved().addTo(header, tensors);
        header.add(SETTINGS, Json.tree(run.config()));
        header.add(EVALUATIONS, Json.tree(history.evaluations()));
        header.addProperty(STEP, run.stepsDone());
        try (NDManager sub = run.manager().newSubManager(Device.cpu())) {
            tensors.put(LOSSES, sub.create(history.losses(), new Shape(run.stepsDone())));
            loop.optimizer()
                    .state(ParameterNames.trained(run.saved().model()))
                    .forEach((name, array) -> tensors.put(OPTIMIZER + name, array));
            random.run(
                    () -> {
                        tensors.put(CPU_RANDOM, RandomState.get(sub, Device.cpu()));
                        if (device().isGpu()) {
                            tensors.put(GPU_RANDOM, RandomState.get(sub, device()));
                        }
                    });
            new Checkpoint(header, tensors).write(file);
        }
    }

    private Device device() {
        return run.manager().getDevice();
    }
}
