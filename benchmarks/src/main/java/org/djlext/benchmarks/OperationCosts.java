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
import org.djlext.nn.FusedLinearCrossEntropy;
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
@Command(name = "OperationCosts", description = "Measures what a fused operation saves.")
final class OperationCosts extends Benchmark {

    public static void main(String... args) {
        main(new OperationCosts(), args);
    }

    @Override
    boolean run() {
        out().line(
                        "%s %s, %d thread(s), java %s",
                        Engine.getInstance().getEngineName(),
                        Engine.getInstance().getVersion(),
                        JniUtils.getNumThreads(),
                        System.getProperty("java.version"));
        try (NDManager manager = NDManager.newBaseManager()) {
            fusedLinearCrossEntropy(manager, 4096, 32_768, 256);
        }
        return true;
    }

    private void fusedLinearCrossEntropy(NDManager manager, int n, int classes, int features) {
        NDArray x = manager.randomNormal(0, 1, new Shape(n, features), DataType.FLOAT32);
        NDArray w = manager.randomNormal(0, 0.1f, new Shape(classes, features), DataType.FLOAT32);
        NDArray y = manager.randomInteger(0, classes, new Shape(n), DataType.INT64);
        x.setRequiresGradient(true);
        w.setRequiresGradient(true);
        NDList leaves = new NDList(x, w, y);
        FusedLinearCrossEntropy function = new FusedLinearCrossEntropy();
        Runnable fused = () -> GradientStep.run(manager, leaves, in -> function.apply(in).get(0));
        Runnable engine = () -> GradientStep.run(manager, leaves, OperationCosts::byEngine);
        // Before the timing: what a run leaves with the allocator would not be counted again.
        double ours = ResidentMemory.peakOf(fused);
        double theirs = ResidentMemory.peakOf(engine);
        Timing t = Timing.of(5, fused, engine);
        out().line(
                        "FusedLinearCrossEntropy N=%d V=%d D=%d: %.2f s, engine's linear and cross"
                                + " entropy %.2f s, ratio %s",
                        n, classes, features, t.median(0), t.median(1), t.ratio(0, 1));
        out().line(
                        "  peak extra memory %.0f MiB, engine %.0f MiB: %.1f %%",
                        ours, theirs, 100 * ours / theirs);
    }

    private static NDArray byEngine(NDList in) {
        return in.get(0)
                .matMul(in.get(1).transpose())
                .logSoftmax(1)
                .gather(in.get(2).reshape(-1, 1), 1)
                .mean()
                .neg();
    }
}
