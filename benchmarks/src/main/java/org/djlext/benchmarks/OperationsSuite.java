/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Time and memory of the operations with a hand-written backward beside the engine's own, forward
 * and backward, on one thread, in turns.
 *
 * <pre>{@code
 * ./mvnw -q -DskipTests package
 * MALLOC_MMAP_THRESHOLD_=65536 OMP_NUM_THREADS=1 taskset -c 0 java -Xms1g -Xmx1g -XX:+AlwaysPreTouch \
 *     -Dai.djl.pytorch.num_threads=1 -cp 'benchmarks/target/benchmarks.jar:benchmarks/target/lib/*' \
 *     org.djlext.benchmarks.OperationsSuite --operation linear_cross_entropy
 * }</pre>
 *
 * <p>The heap is fixed so that it does not count as memory of the operations, and the threshold
 * lets the allocator give back what is freed. {@code --quick} measures the small size alone.
 */
@Command(name = "OperationsSuite")
final class OperationsSuite extends Benchmark {

    private static final int[] SMALL = {32, 200};
    private static final int[] LARGE = {4096, 1024};

    @Mixin private Turns turns = new Turns();

    @Option(names = "--operation", paramLabel = "NAME")
    private OperationCase[] operations = OperationCase.values();

    public static void main(String... args) {
        main(new OperationsSuite(), args);
    }

    @Override
    boolean run() {
        out().head(
                        2,
                        "operation | size | by hand, us | engine, us | by hand / engine"
                                + " | by hand, MiB | engine, MiB");
        for (OperationCase operation : operations) {
            for (int[] size : turns.isQuick() ? List.of(SMALL) : List.of(SMALL, LARGE)) {
                try (NDManager manager = NDManager.newBaseManager()) {
                    row(operation, manager, size[0], size[1]);
                }
            }
        }
        return true;
    }

    private void row(OperationCase operation, NDManager manager, int rows, int columns) {
        NDList leaves = operation.inputs(manager, rows, columns);
        Runnable byHand = step(manager, leaves, operation::byHand);
        Runnable engine = step(manager, leaves, operation::engine);
        // Before the timing: what a run leaves with the allocator would not be counted again.
        double ours = ResidentMemory.peakOf(byHand);
        double theirs = ResidentMemory.peakOf(engine);
        Timing t = turns.time(List.of(Timing.ofShort(byHand), Timing.ofShort(engine)));
        out().line(
                        "| %s | %dx%d | %.1f | %.1f | %s | %.0f | %.0f |",
                        operation.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                        rows,
                        columns,
                        1e6 * t.median(0),
                        1e6 * t.median(1),
                        t.ratio(0, 1),
                        ours,
                        theirs);
    }

    private static Runnable step(
            NDManager manager, NDList leaves, Function<NDList, NDArray> operation) {
        return () -> GradientStep.run(manager, leaves, in -> operation.apply(in).sum());
    }
}
