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
import java.util.function.IntConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The operations with a hand-written backward beside the engine's own, forward and backward, on one
 * thread, in turns.
 *
 * <p>{@code --quick} measures the small size alone, in one round, for a check and not for figures.
 */
@Command(name = "OperationsSuite", description = "Measures operations beside the engine's own.")
final class OperationsSuite extends Benchmark {

    private static final int[] SMALL = {32, 200};
    private static final int[] LARGE = {4096, 1024};

    @Option(names = "--quick", description = "one round of the small size without a warm-up")
    private boolean quick;

    @Mixin private RoundsOption rounds = new RoundsOption();

    @Option(
            names = "--operation",
            paramLabel = "NAME",
            description = "only this one; may be given more than once; default all")
    private OperationCase[] operations = OperationCase.values();

    public static void main(String... args) {
        main(new OperationsSuite(), args);
    }

    @Override
    boolean run() {
        out().head(2, "operation | size | by hand, us | engine, us | by hand / engine");
        for (OperationCase operation : operations) {
            for (int[] size : quick ? List.of(SMALL) : List.of(SMALL, LARGE)) {
                try (NDManager manager = NDManager.newBaseManager()) {
                    row(operation, manager, size[0], size[1]);
                }
            }
        }
        return true;
    }

    private void row(OperationCase operation, NDManager manager, int rows, int columns) {
        NDList leaves = operation.inputs(manager, rows, columns);
        Timing t =
                Timing.ofRepeated(
                        quick ? 1 : rounds.count(),
                        quick ? 0 : 1,
                        List.of(
                                steps(manager, leaves, operation::byHand),
                                steps(manager, leaves, operation::engine)));
        out().line(
                        "| %s | %dx%d | %.1f | %.1f | %s |",
                        operation.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                        rows,
                        columns,
                        1e6 * t.median(0),
                        1e6 * t.median(1),
                        t.ratio(0, 1));
    }

    private static IntConsumer steps(
            NDManager manager, NDList leaves, Function<NDList, NDArray> operation) {
        return count -> {
            for (int i = 0; i < count; i++) {
                GradientStep.run(manager, leaves, in -> operation.apply(in).sum());
            }
        };
    }
}
