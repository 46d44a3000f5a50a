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
import org.djlext.autograd.AutogradFunction;
import org.djlext.gradcheck.GradCheck;
import org.djlext.nn.BatchNormFunction;
import org.djlext.nn.CrossEntropyFunction;
import org.djlext.nn.Reduction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * The gradient checker beside PyTorch's, in turns on one thread each: batch norm and cross entropy
 * with a hand-written backward, in float64, with the defaults of both checkers. An exception ends
 * the run if a check of ours does not pass.
 *
 * <p>Without a Python that has torch it runs our side, and says so.
 */
@Command(name = "GradCheckSpeed")
final class GradCheckSpeed extends Benchmark {

    private static final int[] SMALL = {4, 8};
    private static final int[] LARGE = {16, 32};
    private static final double PASSED = 1;

    @Mixin private Turns turns = new Turns();

    @Mixin private PythonOption python = new PythonOption();

    public static void main(String... args) {
        main(new GradCheckSpeed(), args);
    }

    @Override
    boolean run() {
        boolean same = true;
        try (PythonProcess torch = python.start(out(), "gradcheck.py");
                NDManager manager = NDManager.newBaseManager()) {
            for (String function : List.of("batchnorm", "crossentropy")) {
                for (int[] size : turns.isQuick() ? List.of(SMALL) : List.of(SMALL, LARGE)) {
                    for (String mode : List.of("slow", "fast")) {
                        String what = "%s %d %d %s".formatted(function, size[0], size[1], mode);
                        List<Side> sides = new ArrayList<>();
                        sides.add(ours(manager, function, size, mode.equals("fast")));
                        if (torch != null) {
                            sides.add(new Side("PyTorch", 1, n -> torch.ask(what)));
                        }
                        same &= new Comparison(what, 1, 0, sides).run(turns, out());
                    }
                }
            }
        }
        return same;
    }

    private static Side ours(NDManager manager, String function, int[] size, boolean fast) {
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
        return new Side(
                "ours",
                1,
                n -> {
                    long start = System.nanoTime();
                    boolean passed = check.check(checked, inputs).isPassed();
                    double seconds = Timing.secondsSince(start);
                    if (!passed) {
                        throw new IllegalStateException(
                                "the gradient of " + function + " is wrong");
                    }
                    return new double[] {seconds, PASSED};
                });
    }

    private static NDArray normal(NDManager manager, long... shape) {
        NDArray x = manager.randomNormal(0, 1, new Shape(shape), DataType.FLOAT64);
        x.setRequiresGradient(true);
        return x;
    }
}
