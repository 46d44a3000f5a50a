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
import ai.djl.nn.Parameter;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.djlext.files.Json;
import org.djlext.nn.Layer;
import org.djlext.nn.ParameterNames;
import org.djlext.optim.TorchOptimizer;
import org.djlext.torch.RandomState;
import org.djlext.torch.RandomStream;
import org.jspecify.annotations.Nullable;

/**
 * What a checkpoint holds beside the model so that training goes on bit for bit: the number of
 * steps, the state of the optimizer and that of the random numbers.
 *
 * @param random the stream that the run draws from
 * @param optimizer the optimizer
 * @param model the model, whose parameters it updates
 * @param device the device that is trained on
 */
record ResumePoint(RandomStream random, TorchOptimizer optimizer, Layer model, Device device) {

    private static final String STEP = "step";
    private static final String OPTIMIZER = "optimizer/";
    private static final String CPU_RANDOM = "random/cpu";
    private static final String GPU_RANDOM = "random/gpu";

    /**
     * Adds the state to what is written.
     *
     * @param header takes the number of steps
     * @param tensors takes the rest
     * @param step the number of steps so far
     * @param manager a manager on the CPU that stays open until the checkpoint is written
     */
    void addTo(JsonObject header, Map<String, NDArray> tensors, int step, NDManager manager) {
        header.addProperty(STEP, step);
        optimizer
                .state(ParameterNames.trained(model))
                .forEach((name, array) -> tensors.put(OPTIMIZER + name, array));
        random.run(
                () -> {
                    tensors.put(CPU_RANDOM, RandomState.get(manager, Device.cpu()));
                    if (device.isGpu()) {
                        tensors.put(GPU_RANDOM, RandomState.get(manager, device));
                    }
                });
    }

    /**
     * Returns the number of steps of a checkpoint.
     *
     * @param checkpoint the checkpoint
     * @param file its file, for the message
     * @param planned how many steps there are to be in all, or null if that is not changed
     * @return the number of the next step
     * @throws CheckpointException if more steps are done than there are to be
     * @throws IllegalArgumentException if the header has no such number
     */
    static int step(Checkpoint checkpoint, Path file, @Nullable Integer planned) {
        int done = (int) Json.count(checkpoint.header(), STEP);
        if (planned != null && planned < done) {
            throw new CheckpointException(
                    "the run in "
                            + file
                            + " has done "
                            + done
                            + " steps already, which is more than "
                            + planned);
        }
        return done;
    }

    /**
     * Checks that losses along the way are of steps that were done.
     *
     * @param steps the steps, in the order of the file
     * @param done how many steps are done
     * @throws IllegalArgumentException if not
     */
    static void checkOrder(List<Integer> steps, int done) {
        int before = 0;
        for (int step : steps) {
            if (step < before || step > done) {
                throw new IllegalArgumentException(
                        "a loss is of step " + step + ", after " + before + " and of " + done);
            }
            before = step;
        }
    }

    /**
     * Puts back the optimizer and the random numbers.
     *
     * @param checkpoint the checkpoint
     * @throws CheckpointException if something is missing
     */
    void restore(Checkpoint checkpoint) {
        Map<String, Parameter> parameters = ParameterNames.trained(model);
        Map<String, NDArray> state = optimizer.state(parameters);
        checkpoint.copyInto(OPTIMIZER, state);
        optimizer.restore(parameters, state); // which counts the steps
        random.run(
                () -> {
                    restore(checkpoint.tensor(CPU_RANDOM), Device.cpu());
                    if (device.isGpu() && checkpoint.tensors().containsKey(GPU_RANDOM)) {
                        restore(checkpoint.tensor(GPU_RANDOM), device);
                    }
                });
    }

    private static void restore(NDArray state, Device device) {
        try (NDArray now = RandomState.get(state.getManager(), device)) {
            if (!now.getShape().equals(state.getShape())
                    || now.getDataType() != state.getDataType()) {
                throw new CheckpointException(
                        "the checkpoint's random state must be "
                                + now.getDataType()
                                + " of shape "
                                + now.getShape()
                                + ", but is "
                                + state.getDataType()
                                + " of shape "
                                + state.getShape());
            }
            RandomState.set(state, device);
        } catch (EngineException e) {
            throw new CheckpointException(
                    "the checkpoint's random state is not one of the engine's generator");
        }
    }
}
