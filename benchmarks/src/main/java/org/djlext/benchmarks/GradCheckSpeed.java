/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.djlext.autograd.AutogradFunction;
import org.djlext.gradcheck.GradCheck;
import org.djlext.nn.BatchNormFunction;
import org.djlext.nn.CrossEntropyFunction;
import org.djlext.nn.Reduction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The gradient checker beside PyTorch's, in turns on one thread each: batch norm and cross entropy
 * with a hand-written backward, in float64, with the defaults of both checkers. Where a check does
 * not pass the exit code is 1.
 *
 * <p>Without a Python that has torch it runs our side, and says so.
 */
@Command(name = "GradCheckSpeed", description = "Times the gradient checker beside PyTorch's.")
final class GradCheckSpeed extends Benchmark {

    private static final int[] SMALL = {4, 8};
    private static final int[] LARGE = {16, 32};

    @Option(
            names = "--quick",
            description = "one round of the small size without a warm-up, for a check")
    private boolean quick;

    @Mixin private RoundsOption rounds = new RoundsOption();

    @Mixin private PythonOption python = new PythonOption();

    private boolean allPassed = true;

    public static void main(String... args) {
        main(new GradCheckSpeed(), args);
    }

    @Override
    boolean run() {
        try (PythonProcess torch = python.start(out(), "gradcheck.py")) {
            out().head(3, "function | size | mode | ours, ms | PyTorch, ms | ours / PyTorch");
            for (String function : List.of("batchnorm", "crossentropy")) {
                for (int[] size : quick ? List.of(SMALL) : List.of(SMALL, LARGE)) {
                    for (String mode : List.of("slow", "fast")) {
                        try (NDManager manager = NDManager.newBaseManager()) {
                            row(torch, manager, function, size, mode);
                        }
                    }
                }
            }
        }
        return allPassed;
    }

    private void row(
            @Nullable PythonProcess torch,
            NDManager manager,
            String function,
            int[] size,
            String mode) {
        List<DoubleSupplier> sides = new ArrayList<>();
        sides.add(ours(manager, function, size, mode.equals("fast")));
        if (torch != null) {
            String command = String.join(" ", function, "" + size[0], "" + size[1], mode);
            sides.add(() -> secondsOfPassed(torch.ask(command)));
        }
        Timing t = Timing.ofSeconds(quick ? 1 : rounds.count(), quick ? 0 : 5, sides);
        out().print(
                        "| %s | %dx%d | %s | %.2f |",
                        function, size[0], size[1], mode, 1e3 * t.median(0));
        if (torch == null) {
            out().line("  |  |");
        } else {
            out().line(" %.2f | %s |", 1e3 * t.median(1), t.ratio(0, 1));
        }
    }

    private double secondsOfPassed(double[] answer) {
        allPassed &= answer[1] == 1;
        return answer[0];
    }

    private DoubleSupplier ours(NDManager manager, String function, int[] size, boolean fast) {
        NDArray x = normal(manager, size[0], size[1]);
        AutogradFunction checked;
        NDArray[] inputs;
        if (function.equals("batchnorm")) {
            checked = new BatchNormFunction(1e-5, 1);
            inputs = new NDArray[] {x, normal(manager, size[1]), normal(manager, size[1])};
        } else {
            checked = new CrossEntropyFunction(Reduction.MEAN, null);
            inputs =
                    new NDArray[] {
                        x, manager.randomInteger(0, size[1], new Shape(size[0]), DataType.INT64)
                    };
        }
        GradCheck check = GradCheck.builder().optFast(fast).build();
        return () -> {
            long start = System.nanoTime();
            boolean passed = check.check(checked, inputs).isPassed();
            double seconds = (System.nanoTime() - start) / 1e9;
            return secondsOfPassed(new double[] {seconds, passed ? 1 : 0});
        };
    }

    private static NDArray normal(NDManager manager, long... shape) {
        NDArray x = manager.randomNormal(0, 1, new Shape(shape), DataType.FLOAT64);
        x.setRequiresGradient(true);
        return x;
    }
}
