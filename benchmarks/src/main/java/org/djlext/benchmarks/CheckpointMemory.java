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
import ai.djl.nn.SequentialBlock;
import ai.djl.training.ParameterStore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.djlext.nn.Activations;
import org.djlext.nn.CausalSelfAttention;
import org.djlext.nn.CheckpointBlock;
import org.djlext.nn.Layer;
import org.djlext.nn.LayerNorm;
import org.djlext.nn.Linear;
import org.djlext.nn.Sequential;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

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
@Command(name = "CheckpointMemory")
final class CheckpointMemory extends Benchmark {

    private static final int LAYERS = 16;
    private static final int SEGMENTS = 4;
    private static final long CHANNELS = 128;
    private static final int HEADS = 4;
    private static final Shape INPUT = new Shape(8, 128, CHANNELS);

    @Mixin private Turns turns = new Turns();

    public static void main(String... args) {
        main(new CheckpointMemory(), args);
    }

    @Override
    boolean run() {
        try (NDManager manager = NDManager.newBaseManager()) {
            Engine.getInstance().setRandomSeed(42);
            List<Block> layers =
                    Stream.generate(TransformerLayer::new)
                            .<Block>map(l -> l)
                            .limit(LAYERS)
                            .toList();
            SequentialBlock plain = new SequentialBlock();
            layers.forEach(plain::add);
            Map<String, Block> ways = new LinkedHashMap<>();
            ways.put("plain", plain);
            ways.put(SEGMENTS + " segments", CheckpointBlock.sequential(layers, SEGMENTS));
            ways.put("each layer", CheckpointBlock.sequential(layers, LAYERS));
            // The layers are the same objects, so they have the same parameters.
            ways.values().forEach(way -> way.initialize(manager, DataType.FLOAT32, INPUT));
            NDList leaves = new NDList(manager.randomNormal(INPUT));
            leaves.head().setRequiresGradient(true);
            plain.getParameters().values().forEach(p -> leaves.add(p.getArray()));

            NDList want = GradientStep.gradients(manager, leaves, in -> loss(plain, in));
            List<DoubleSupplier> seconds = new ArrayList<>();
            List<Double> peaks = new ArrayList<>();
            for (Block way : ways.values()) {
                NDList got = GradientStep.gradients(manager, leaves, in -> loss(way, in));
                for (int i = 0; i < want.size(); i++) {
                    if (!want.get(i).allClose(got.get(i), 1e-4, 1e-5, false)) {
                        throw new IllegalStateException("gradient " + i + " differs");
                    }
                }
                Runnable step = () -> GradientStep.run(manager, leaves, in -> loss(way, in));
                seconds.add(Timing.of(step));
                peaks.add(
                        DoubleStream.generate(() -> ResidentMemory.peakOf(step))
                                .limit(3)
                                .max()
                                .orElseThrow());
            }
            out().line(
                            "%d layers of %d channels, %d heads, input %s: %d gradients agree%n",
                            LAYERS, CHANNELS, HEADS, INPUT, want.size());
            print(List.copyOf(ways.keySet()), peaks, turns.time(seconds));
        }
        return true;
    }

    private void print(List<String> names, List<Double> peaks, Timing t) {
        out().head(1, "checkpoints | peak extra memory, MiB | of plain, % | a step, s | of plain");
        for (int k = 0; k < names.size(); k++) {
            out().line(
                            "| %s | %.0f | %.0f | %.2f | %s |",
                            names.get(k),
                            peaks.get(k),
                            100 * peaks.get(k) / peaks.get(0),
                            t.median(k),
                            t.ratio(k, 0));
        }
    }

    private static NDArray loss(Block block, NDList in) {
        NDArray x = in.head();
        ParameterStore store = new ParameterStore(x.getManager(), false);
        NDArray y = block.forward(store, new NDList(x), true).singletonOrThrow();
        return y.mul(y).mean();
    }

    /**
     * Causal self-attention and a feed-forward net, each behind a layer norm and beside a residual:
     * x + attention(norm(x)), and of that y: y + feedForward(norm(y)). From (B, T, C) to (B, T, C).
     */
    private static final class TransformerLayer extends Layer {

        private final Sequential attention =
                addChildBlock(
                        "attention",
                        new Sequential(
                                List.of(
                                        new LayerNorm(CHANNELS),
                                        new CausalSelfAttention(CHANNELS, HEADS))));
        private final Sequential feedForward =
                addChildBlock(
                        "feedForward",
                        new Sequential(
                                List.of(
                                        new LayerNorm(CHANNELS),
                                        Linear.pyTorch(CHANNELS, 4 * CHANNELS, true),
                                        Activations.gelu(),
                                        Linear.pyTorch(4 * CHANNELS, CHANNELS, true))));

        @Override
        protected NDArray compute(NDArray x, Pass pass) {
            NDArray y = x.add(pass.run(attention, x));
            return y.add(pass.run(feedForward, y));
        }
    }
}
