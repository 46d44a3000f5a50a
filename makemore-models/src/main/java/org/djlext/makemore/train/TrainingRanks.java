/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.djlext.distributed.ProcessGroup;
import org.djlext.distributed.ReduceOp;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.nn.BatchNorm;
import org.djlext.nn.ParameterNames;
import org.djlext.torch.RandomStream;
import org.jspecify.annotations.Nullable;

/**
 * The processes that do one training together. Each of them draws the same mini-batches from the
 * run's numbers and takes its shard of each, and their gradients become the mean over all labels.
 * So a run is the same in however many processes, and can be resumed in another number of them.
 *
 * <p>All ranks call the methods of a {@link Training} in the same order. What they give is the same
 * on all of them; files are written by rank 0 alone.
 *
 * @param group the processes; null for this one alone
 * @param syncBatchNorm whether batch norm takes its statistics from the batches of all ranks, and
 *     not from each rank's own shard
 * @param averageEvery after how many steps with gradients of its own each rank takes the mean of
 *     all parameters (local SGD); 1 if gradients are reduced in each step instead
 */
public record TrainingRanks(@Nullable ProcessGroup group, boolean syncBatchNorm, int averageEvery)
        implements AutoCloseable {

    /** This process alone. */
    public static final TrainingRanks ALONE = new TrainingRanks(null, false, 1);

    /**
     * Checks the options.
     *
     * @param group the processes; null for this one alone
     * @param syncBatchNorm whether batch norm is over the batches of all ranks
     * @param averageEvery after how many steps parameters are averaged
     * @throws IllegalArgumentException if parameters are averaged more often than there are steps,
     *     or batch norm is over ranks that do not reduce in each step
     */
    public TrainingRanks {
        if (averageEvery < 1) {
            throw new IllegalArgumentException(
                    "parameters are averaged every 1 step or more, but got " + averageEvery);
        }
        if (syncBatchNorm && averageEvery > 1) {
            throw new IllegalArgumentException(
                    ("batch norm over all ranks needs ranks that reduce in each step, but"
                                    + " parameters are averaged every %s steps; choose one of both")
                            .formatted(averageEvery));
        }
    }

    /**
     * {@return the same options for processes}
     *
     * @param processes the processes, which are closed with these ranks
     */
    public TrainingRanks withGroup(ProcessGroup processes) {
        return new TrainingRanks(processes, syncBatchNorm, averageEvery);
    }

    /** {@return the number of this process, from 0} */
    public int rank() {
        return group == null ? 0 : group.rank();
    }

    /** {@return how many processes there are, 1 for this one alone} */
    public int size() {
        return group == null ? 1 : group.worldSize();
    }

    /** {@return whether this process, rank 0, writes files and speaks to the user} */
    public boolean isFirst() {
        return rank() == 0;
    }

    /**
     * Agrees on how many steps come next, which ranks may see differently, such as one whose
     * process is about to end. All ranks call it.
     *
     * @param most how many this rank would do
     * @return the fewest of all ranks
     */
    public int fewest(int most) {
        if (group == null) {
            return most;
        }
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            NDArray all = manager.create(new int[] {-most});
            group.allReduce(all, ReduceOp.MAX);
            return -all.getInt(0);
        }
    }

    /**
     * {@return how a model is trained, such as "2 processes, gradients reduced in each step"}
     *
     * @param model the model
     */
    public String describe(LanguageModel model) {
        boolean hasStatistics =
                ParameterNames.of(model).values().stream()
                        .anyMatch(parameter -> !parameter.requiresGradient());
        String norm = syncBatchNorm ? "all of them" : "each one's own part of a batch";
        return (size() == 1 ? "1 process" : size() + " processes")
                + (averageEvery == 1
                        ? ", gradients reduced in each step"
                        : ", parameters averaged every " + averageEvery + " steps")
                + (hasStatistics ? ", batch norm over " + norm : "");
    }

    /**
     * Prepares a model.
     *
     * @throws TrainingException if these ranks cannot train it like this
     */
    void prepare(LanguageModel model, TrainingConfig config, Examples examples, Device device) {
        if (group == null) {
            return;
        }
        int rows = config.batchSize() == 0 ? examples.size() : config.batchSize();
        if (rows < size()) {
            throw new TrainingException(
                    ("each rank must have a part of every batch, but a batch has %s examples for %s"
                                    + " ranks; take larger batches or fewer ranks")
                            .formatted(rows, size()));
        }
        if (device.isGpu()) {
            throw new TrainingException(
                    "ranks train on the CPU, because gloo reduces there, but got " + device);
        }
        if (averageEvery > 1 && config.gradients() != Gradients.COMPILED) {
            throw new TrainingException(
                    "parameters are averaged between compiled steps alone, but gradients are "
                            + config.gradients()
                            + "; reduce gradients in each step, or use COMPILED");
        }
        if (syncBatchNorm) {
            if (rows % size() != 0) {
                // Each rank's part of a sum over all rows counts as one of as many labels.
                throw new TrainingException(
                        ("batch norm over all ranks needs shards of the same size, but a batch has"
                                        + " %s examples for %s ranks")
                                .formatted(rows, size()));
            }
            if (BatchNorm.synchronize(model, group) == 0) {
                throw new TrainingException(
                        "the model "
                                + model.config().type()
                                + " has no batch norm that could be over all ranks");
            }
        }
    }

    /**
     * Refuses ranks that train something else than rank 0 does.
     *
     * @param training what this rank trains how, as a text
     * @throws TrainingException if there is one
     */
    void requireSame(String training) {
        if (group == null) {
            return;
        }
        String all = training + syncBatchNorm + averageEvery;
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            int[] hashes = group.allGather(manager.create(new int[] {all.hashCode()})).toIntArray();
            for (int rank = 1; rank < hashes.length; rank++) {
                if (hashes[rank] != hashes[0]) {
                    throw new TrainingException(
                            "all ranks must have the same model, settings and data, but those of"
                                    + " rank "
                                    + rank
                                    + " are not those of rank 0; start them with the same options");
                }
            }
        }
    }

    /**
     * Returns this rank's part of some batches.
     *
     * @param rows the numbers of the examples, batch after batch
     * @param batches how many batches of the same size these are
     */
    long[] shard(long[] rows, int batches) {
        if (group == null) {
            return rows;
        }
        int batch = rows.length / batches;
        int from = (int) ((long) batch * rank() / size());
        int to = (int) ((long) batch * (rank() + 1) / size());
        long[] own = new long[batches * (to - from)];
        for (int i = 0; i < batches; i++) {
            System.arraycopy(rows, i * batch + from, own, i * (to - from), to - from);
        }
        return own;
    }

    /**
     * Returns what this rank draws dropout from in a step: other numbers than all other ranks, and
     * the same after the run was resumed.
     */
    RandomStream dropout(long seed, int step) {
        long mixed = new SplittableRandom(seed + ((long) step << 16) + rank()).nextLong();
        return new RandomStream(mixed);
    }

    /** Returns the numbers of rank 0. */
    double[] ofFirst(double[] own) {
        if (group == null) {
            return own;
        }
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            NDArray all = manager.create(own);
            group.broadcast(new NDList(all), 0);
            return all.toDoubleArray();
        }
    }

    /**
     * Reads a checkpoint that rank 0 has the file of.
     *
     * @param file the file
     * @param manager the manager of the tensors
     * @return the same checkpoint on all ranks
     * @throws CheckpointException if it cannot be read
     */
    Checkpoint read(Path file, NDManager manager) {
        if (group == null) {
            return Checkpoint.read(file, manager);
        }
        try (NDManager sub = manager.newSubManager()) {
            byte[] own = isFirst() && Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
            int length = (int) ofFirst(new double[] {own.length})[0];
            ByteBuffer bytes = ByteBuffer.wrap(Arrays.copyOf(own, length));
            NDArray shared = sub.create(bytes, new Shape(length), DataType.INT8);
            if (length > 0) {
                group.broadcast(new NDList(shared), 0);
            }
            if (isFirst()) {
                return Checkpoint.read(file, manager);
            }
            if (length == 0) {
                throw new CheckpointException("rank 0 has no checkpoint " + file);
            }
            Path copy = Files.createTempFile("rank" + rank(), ".safetensors");
            try {
                return Checkpoint.read(Files.write(copy, shared.toByteArray()), manager);
            } finally {
                Files.delete(copy);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the checkpoint " + file + " cannot be shared", e);
        }
    }

    /** Leaves the group. */
    @Override
    public void close() {
        if (group != null) {
            group.close();
        }
    }
}
