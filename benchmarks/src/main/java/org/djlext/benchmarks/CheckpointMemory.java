/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import java.util.ArrayList;
import java.util.List;
import org.djlext.nn.Activations;
import org.djlext.nn.CausalSelfAttention;
import org.djlext.nn.CheckpointBlock;
import org.djlext.nn.Layer;
import org.djlext.nn.LayerNorm;
import org.djlext.nn.Linear;
import org.djlext.nn.Sequential;
import picocli.CommandLine.Command;

/**
 * What {@link CheckpointBlock} saves and costs on a stack of transformer layers: forward and
 * backward of the same layers as they are, in segments, and each of them checkpointed.
 *
 * <pre>{@code
 * ./mvnw -q -DskipTests package
 * MALLOC_MMAP_THRESHOLD_=65536 OMP_NUM_THREADS=1 taskset -c 0 java -Xms1g -Xmx1g -XX:+AlwaysPreTouch \
 *     -Dai.djl.pytorch.num_threads=1 -cp 'benchmarks/target/benchmarks.jar:benchmarks/target/lib/*' \
 *     org.djlext.benchmarks.CheckpointMemory
 * }</pre>
 *
 * <p>The threshold lets the allocator give back what is freed, so that one way leaves nothing for
 * the next to use. Memory is the largest of three steps after a first one; times are medians of
 * rounds in turns.
 */
@Command(
        name = "CheckpointMemory",
        description = "Measures what activation checkpointing saves and costs.")
final class CheckpointMemory extends Benchmark {

    private static final int LAYERS = 16;
    private static final int SEGMENTS = 4;
    private static final long CHANNELS = 128;
    private static final int HEADS = 4;
    private static final Shape INPUT = new Shape(8, 128, CHANNELS);

    public static void main(String... args) {
        main(new CheckpointMemory(), args);
    }

    @Override
    boolean run() {
        try (NDManager manager = NDManager.newBaseManager()) {
            Engine.getInstance().setRandomSeed(42);
            List<Block> layers = new ArrayList<>();
            for (int i = 0; i < LAYERS; i++) {
                layers.add(new TransformerLayer(CHANNELS, HEADS));
            }
            SequentialBlock plain = new SequentialBlock();
            layers.forEach(plain::add);
            List<String> names = List.of("plain", SEGMENTS + " segments", "each layer");
            List<Block> ways =
                    List.of(
                            plain,
                            CheckpointBlock.sequential(layers, SEGMENTS),
                            CheckpointBlock.sequential(layers, LAYERS));
            // The layers are the same objects, so they have the same parameters.
            ways.forEach(way -> way.initialize(manager, DataType.FLOAT32, INPUT));
            NDArray x = manager.randomNormal(INPUT);
            x.setRequiresGradient(true);

            NDList want = gradients(manager, plain, x);
            List<Runnable> steps = new ArrayList<>();
            for (Block way : ways) {
                NDList got = gradients(manager, way, x);
                for (int i = 0; i < want.size(); i++) {
                    if (!want.get(i).allClose(got.get(i), 1e-4, 1e-5, false)) {
                        throw new IllegalStateException("gradient " + i + " differs");
                    }
                }
                steps.add(() -> step(manager, way, x));
            }
            out().line(
                            "%d layers of %d channels, %d heads, input %s: %d gradients agree",
                            LAYERS, CHANNELS, HEADS, INPUT, want.size());
            print(names, steps);
        }
        return true;
    }

    private void print(List<String> names, List<Runnable> steps) {
        double[] peaks = new double[steps.size()];
        for (int k = 0; k < peaks.length; k++) {
            for (int i = 0; i < 3; i++) {
                peaks[k] = Math.max(peaks[k], ResidentMemory.peakOf(steps.get(k)));
            }
        }
        Timing t = Timing.of(7, steps.toArray(Runnable[]::new));
        for (int k = 0; k < peaks.length; k++) {
            out().line(
                            "%-10s  peak extra memory %4.0f MiB, %3.0f %%; %.2f s a step, ratio %s",
                            names.get(k),
                            peaks[k],
                            100 * peaks[k] / peaks[0],
                            t.median(k),
                            t.ratio(k, 0));
        }
    }

    /** One step of forward and backward; gradients are stored anew. */
    private static void step(NDManager manager, Block block, NDArray x) {
        clear(block, x);
        try (NDManager sub = manager.newSubManager();
                GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray input = x.reshape(INPUT);
            input.attach(sub); // with all that is computed from it
            ParameterStore store = new ParameterStore(sub, false);
            NDArray y = block.forward(store, new NDList(input), true).singletonOrThrow();
            collector.backward(y.mul(y).mean());
        }
    }

    private static NDList gradients(NDManager manager, Block block, NDArray x) {
        step(manager, block, x);
        NDList gradients = new NDList(x.getGradient().duplicate());
        for (Parameter parameter : block.getParameters().values()) {
            gradients.add(parameter.getArray().getGradient().duplicate());
        }
        return gradients;
    }

    private static void clear(Block block, NDArray x) {
        JniUtils.zeroGrad((PtNDArray) x);
        block.getParameters()
                .values()
                .forEach(parameter -> JniUtils.zeroGrad((PtNDArray) parameter.getArray()));
    }

    /**
     * Causal self-attention and a feed-forward net, each behind a layer norm and beside a residual:
     * x + attention(norm(x)), and of that y: y + feedForward(norm(y)). From (B, T, C) to (B, T, C).
     */
    private static final class TransformerLayer extends Layer {

        private final Sequential attention;
        private final Sequential feedForward;

        TransformerLayer(long channels, int heads) {
            attention =
                    addChildBlock(
                            "attention",
                            new Sequential(
                                    List.of(
                                            new LayerNorm(channels),
                                            new CausalSelfAttention(channels, heads))));
            feedForward =
                    addChildBlock(
                            "feedForward",
                            new Sequential(
                                    List.of(
                                            new LayerNorm(channels),
                                            Linear.pyTorch(channels, 4 * channels, true),
                                            Activations.gelu(),
                                            Linear.pyTorch(4 * channels, channels, true))));
        }

        @Override
        protected NDArray compute(NDArray x, Pass pass) {
            NDArray y = x.add(pass.run(attention, x));
            return y.add(pass.run(feedForward, y));
        }
    }
}
