/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.Map;
import org.djlext.torch.RandomState;
import org.jspecify.annotations.Nullable;

/**
 * What a checkpoint holds beside the model so that training goes on bit for bit: the number of
 * steps, the state of the optimizer and that of the random generators.
 */
public final class ResumePoint {

    private static final String STEP = "step";
    private static final String OPTIMIZER = "optimizer/";
    private static final String CPU_RANDOM = "random/cpu";
    private static final String GPU_RANDOM = "random/gpu";

    private ResumePoint() {}

    /**
     * Adds the state to what is written.
     *
     * @param header takes the number of steps
     * @param tensors takes the rest
     * @param step the number of steps so far
     * @param update the optimizer
     * @param manager a manager on the CPU that stays open until the checkpoint is written
     * @param device the device that is trained on
     */
    public static void addTo(
            JsonObject header,
            Map<String, NDArray> tensors,
            int step,
            ParameterUpdate update,
            NDManager manager,
            Device device) {
        header.addProperty(STEP, step);
        update.state().forEach((name, array) -> tensors.put(OPTIMIZER + name, array));
        tensors.put(CPU_RANDOM, RandomState.get(manager, Device.cpu()));
        if (device.isGpu()) {
            tensors.put(GPU_RANDOM, RandomState.get(manager, device));
        }
    }

    /**
     * Returns the number of steps of a checkpoint.
     *
     * @param checkpoint the checkpoint
     * @param file its file, for the message
     * @param planned how many steps there are to be in all, or null if that is not changed
     * @return the number of the next step
     * @throws CheckpointException if more steps are done than there are to be
     */
    public static int step(Checkpoint checkpoint, Path file, @Nullable Integer planned) {
        int done = checkpoint.header().get(STEP).getAsInt();
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
     * Puts back the optimizer and the generators. To be called last, because making a model draws
     * numbers.
     *
     * @param checkpoint the checkpoint
     * @param update the optimizer
     * @param device the device to train on
     * @throws CheckpointException if something is missing
     */
    public static void restore(Checkpoint checkpoint, ParameterUpdate update, Device device) {
        checkpoint.copyInto(OPTIMIZER, update.state());
        RandomState.set(checkpoint.tensor(CPU_RANDOM), Device.cpu());
        if (device.isGpu() && checkpoint.tensors().containsKey(GPU_RANDOM)) {
            RandomState.set(checkpoint.tensor(GPU_RANDOM), device);
        }
    }
}
