/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Random;
import org.djlext.compile.CompiledStep;
import org.djlext.distributed.ProcessGroup;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelType;
import org.djlext.nn.ParameterNames;
import org.djlext.optim.TorchSgd;
import org.djlext.torch.RandomStream;
import org.jspecify.annotations.Nullable;

/**
 * Trains lecture 3's network on the embedded names, alone or as a rank, each with its shard of
 * every batch. Rank 0 keeps step, losses and parameters in a file, from which another attempt goes
 * on.
 */
public final class ParallelTraining {

    static final int STEPS = 40;
    private static final int AT_A_TIME = 10;
    private static final int BATCH = 32;

    private ParallelTraining() {}

    /**
     * What a training has come to.
     *
     * @param losses the loss of each step so far
     * @param values the parameters
     */
    @SuppressWarnings("ArrayRecordComponent") // it is never compared
    record State(double[] losses, float[] values) {
        static State read(Path file) throws IOException {
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
            double[] losses = new double[bytes.getInt()];
            for (int i = 0; i < losses.length; i++) {
                losses[i] = bytes.getDouble();
            }
            float[] values = new float[bytes.remaining() / Float.BYTES];
            bytes.asFloatBuffer().get(values);
            return new State(losses, values);
        }

        void write(Path file) throws IOException {
            ByteBuffer bytes =
                    ByteBuffer.allocate(4 + 8 * losses.length + Float.BYTES * values.length);
            bytes.putInt(losses.length);
            for (double loss : losses) {
                bytes.putDouble(loss);
            }
            bytes.asFloatBuffer().put(values);
            Path part = Files.write(file.resolveSibling("part"), bytes.array());
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    /**
     * The main: a rank.
     *
     * @param args the file; the step before which rank 1 ends, if it is to; and how many
     *     milliseconds to wait after each save
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        try (ProcessGroup group = ProcessGroup.fromEnvironment()) {
            train(
                    Path.of(args[0]),
                    group,
                    args.length > 1 ? Integer.parseInt(args[1]) : -1,
                    args.length > 2 ? Integer.parseInt(args[2]) : 0);
        }
    }

    static void train(Path file, @Nullable ProcessGroup group, int lostBefore, int pause)
            throws IOException, InterruptedException {
        int rank = group == null ? 0 : group.rank();
        int size = group == null ? 1 : group.worldSize();
        NamesCorpus corpus = NamesCorpus.of(Names.embedded());
        LanguageModel model =
                ModelType.MLP.defaults(corpus.vocabulary().size(), corpus.longest()).model();
        try (NDManager manager = NDManager.newBaseManager()) {
            // Ranks begin with other values, which those of rank 0 replace.
            new RandomStream(rank).run(() -> model.initialize(manager, DataType.FLOAT32));
            Examples examples = model.examples(corpus, Corpus.Part.TRAIN);
            double[] losses = new double[0];
            if (Files.exists(file)) {
                State state = State.read(file);
                losses = state.losses;
                int place = 0;
                for (NDArray array : ParameterNames.arrays(model).values()) {
                    int end = place + (int) array.size();
                    array.set(Arrays.copyOfRange(state.values, place, end));
                    place = end;
                }
            }
            CompiledStep.Builder builder =
                    CompiledStep.builder(model, LanguageModel.newLoss())
                            .setOptimizer(TorchSgd.builder().optLearningRate(0.1).build());
            if (group != null) {
                builder.optProcessGroup(group);
            }
            try (CompiledStep step = builder.build()) {
                while (losses.length < STEPS) {
                    if (rank == 1 && losses.length == lostBefore) {
                        Runtime.getRuntime().halt(137); // as by kill -9
                    }
                    Examples.Batch batch =
                            examples.gather(
                                    manager, rows(losses.length, rank, size, examples.size()));
                    int each = BATCH / size;
                    double[] more =
                            step.run(
                                    new NDList(batch.x().reshape(AT_A_TIME, each, -1)),
                                    new NDList(batch.y().reshape(AT_A_TIME, each)));
                    int from = losses.length;
                    losses = Arrays.copyOf(losses, from + AT_A_TIME);
                    System.arraycopy(more, 0, losses, from, AT_A_TIME);
                    if (rank == 0) {
                        new State(losses, values(model)).write(file);
                    }
                    Thread.sleep(pause);
                }
            }
        }
    }

    /** The rows of this rank in the batches of some steps, which are those of all ranks. */
    private static long[] rows(int step, int rank, int size, int examples) {
        Random random = new Random(step);
        long[] all = random.longs((long) AT_A_TIME * BATCH, 0, examples).toArray();
        int each = BATCH / size;
        long[] own = new long[AT_A_TIME * each];
        for (int i = 0; i < AT_A_TIME; i++) {
            System.arraycopy(all, i * BATCH + rank * each, own, i * each, each);
        }
        return own;
    }

    private static float[] values(LanguageModel model) {
        float[] values = new float[0];
        for (NDArray array : ParameterNames.arrays(model).values()) {
            float[] more = array.toFloatArray();
            int place = values.length;
            values = Arrays.copyOf(values, place + more.length);
            System.arraycopy(more, 0, values, place, more.length);
        }
        return values;
    }
}
