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
import ai.djl.pytorch.jni.JniUtils;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.djlext.nn.FusedLinearCrossEntropy;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * What the fused linear layer and cross entropy saves.
 *
 * <pre>{@code
 * ./mvnw -q -DskipTests package
 * OMP_NUM_THREADS=1 taskset -c 0 java -Xms1g -Xmx1g -XX:+AlwaysPreTouch -Dai.djl.pytorch.num_threads=1 \
 *     -cp 'benchmarks/target/benchmarks.jar:benchmarks/target/lib/*' \
 *     org.djlext.benchmarks.OperationCosts
 * }</pre>
 *
 * <p>All figures are medians of rounds in turns. The heap is fixed so that it does not count as
 * memory of the operations.
 */
@Command(
        name = "OperationCosts",
        description = "Measures what a fused operation saves.",
        mixinStandardHelpOptions = true)
public final class OperationCosts implements Callable<Integer> {

    /** Creates the command; its options are read by picocli. */
    public OperationCosts() {}

    /**
     * Runs the benchmark.
     *
     * @param args the options
     */
    public static void main(String... args) {
        System.exit(new CommandLine(new OperationCosts()).execute(args));
    }

    @Override
    public Integer call() {
        System.setProperty("OPT_OUT_TRACKING", "true");
        try (NDManager manager = NDManager.newBaseManager()) {
            System.out.printf(
                    Locale.ROOT,
                    "%s %s, %d thread(s), java %s%n",
                    Engine.getInstance().getEngineName(),
                    Engine.getInstance().getVersion(),
                    JniUtils.getNumThreads(),
                    System.getProperty("java.version"));
            fusedLinearCrossEntropy(manager, 4096, 32_768, 256);
        }
        return 0;
    }

    private static void fusedLinearCrossEntropy(NDManager base, int n, int classes, int features) {
        try (NDManager manager = base.newSubManager()) {
            NDArray x = manager.randomNormal(0, 1, new Shape(n, features), DataType.FLOAT32);
            NDArray w =
                    manager.randomNormal(0, 0.1f, new Shape(classes, features), DataType.FLOAT32);
            NDArray y = manager.randomInteger(0, classes, new Shape(n), DataType.INT64);
            x.setRequiresGradient(true);
            w.setRequiresGradient(true);
            NDList leaves = new NDList(x, w, y);
            Runnable fused =
                    () ->
                            GradientStep.run(
                                    manager,
                                    leaves,
                                    in -> new FusedLinearCrossEntropy().apply(in).get(0));
            Runnable engine =
                    () ->
                            GradientStep.run(
                                    manager,
                                    leaves,
                                    in ->
                                            in.get(0)
                                                    .matMul(in.get(1).transpose())
                                                    .logSoftmax(1)
                                                    .gather(in.get(2).reshape(-1, 1), 1)
                                                    .mean()
                                                    .neg());
            // Before the timing: what a run leaves with the allocator would not be counted again.
            double ours = ResidentMemory.isAvailable() ? ResidentMemory.peakOf(fused) : Double.NaN;
            double theirs =
                    ResidentMemory.isAvailable() ? ResidentMemory.peakOf(engine) : Double.NaN;
            Timing t = Timing.of(5, 1, List.of(fused, engine));
            System.out.printf(
                    Locale.ROOT,
                    "FusedLinearCrossEntropy N=%d V=%d D=%d: %.2f s, engine's linear and cross"
                            + " entropy %.2f s, ratio %s%n",
                    n,
                    classes,
                    features,
                    t.median(0),
                    t.median(1),
                    t.ratio(0, 1));
            System.out.printf(
                    Locale.ROOT,
                    "  peak extra memory %.0f MiB, engine %.0f MiB: %.1f %%%n",
                    ours,
                    theirs,
                    100 * ours / theirs);
        }
    }
}
