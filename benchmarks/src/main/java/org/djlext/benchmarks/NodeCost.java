/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;
import org.djlext.nn.BatchNormFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The price of a node: a step, forward and backward, with a custom function, less the same step of
 * the engine's own operations; beside PyTorch's {@code torch.autograd.Function}, in turns on one
 * thread each. It is the thread's processor time, in which programs that run beside it do not
 * count.
 *
 * <pre>{@code
 * ./mvnw -q -DskipTests package
 * OMP_NUM_THREADS=1 java -Xms1g -Xmx1g -XX:+AlwaysPreTouch -XX:+UseSerialGC \
 *     -Dai.djl.pytorch.num_threads=1 \
 *     -cp "benchmarks/target/benchmarks.jar:benchmarks/target/lib/*" \
 *     org.djlext.benchmarks.NodeCost --rounds 15
 * }</pre>
 *
 * <p>Without a Python that has torch it runs our side, and says so.
 */
@Command(
        name = "NodeCost",
        description = "Measures the price of a node beside PyTorch's custom function.")
final class NodeCost extends Benchmark {

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    @Option(
            names = "--quick",
            description = "one round of a few steps without a warm-up, for a check")
    private boolean quick;

    @Mixin private RoundsOption rounds = new RoundsOption();

    @Mixin private PythonOption python = new PythonOption();

    public static void main(String... args) {
        main(new NodeCost(), args);
    }

    @Override
    boolean run() {
        try (PythonProcess torch = python.start(out(), "node_cost.py");
                NDManager manager = NDManager.newBaseManager()) {
            out().head(1, "node | ours, us | PyTorch, us | ours / PyTorch");
            NDList three = leaves(manager, 3, 32, 200);
            NDList two = new NDList(three.subList(0, 2));
            NDList one = new NDList(three.subList(0, 1));
            row(torch, "identity", one, new Identity(), in -> in.get(0));
            row(torch, "product", two, new Product(), in -> in.get(0).mul(in.get(1)));
            row(
                    torch,
                    "threeInTwoOut",
                    three,
                    new SumAndDifference(),
                    in -> in.get(0).add(in.get(1)).mul(in.get(1).sub(in.get(2))));
            large(leaves(manager, 1, 8192, 1024));
            batchNorm(manager, three.get(0));
        }
        return true;
    }

    /** y = x, whose rule returns its upstream: all it costs is the node. */
    private static final class Identity extends AutogradFunction {

        @Override
        protected NDList forward(FunctionContext ctx, NDList inputs) {
            return new NDList(inputs);
        }

        @Override
        protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
            return gradOutputs;
        }
    }

    /** y = a b, of two saved inputs. */
    private static final class Product extends AutogradFunction {

        @Override
        protected NDList forward(FunctionContext ctx, NDList inputs) {
            ctx.saveForBackward(inputs.get(0), inputs.get(1));
            return new NDList(inputs.get(0).mul(inputs.get(1)));
        }

        @Override
        protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
            NDArray dy = gradOutputs.get(0);
            return new NDList(dy.mul(ctx.saved(1)), dy.mul(ctx.saved(0)));
        }
    }

    /** a + b and b - c: three inputs, two outputs. */
    private static final class SumAndDifference extends AutogradFunction {

        @Override
        protected NDList forward(FunctionContext ctx, NDList inputs) {
            NDArray b = inputs.get(1);
            return new NDList(inputs.get(0).add(b), b.sub(inputs.get(2)));
        }

        @Override
        protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
            NDArray dy = gradOutputs.get(0);
            NDArray dz = gradOutputs.get(1);
            return new NDList(dy, dy.add(dz), dz.neg());
        }
    }

    private static NDList leaves(NDManager manager, int count, int rows, int columns) {
        NDList leaves = new NDList();
        for (int i = 0; i < count; i++) {
            NDArray x = manager.randomNormal(0, 1, new Shape(rows, columns), DataType.FLOAT32);
            x.setRequiresGradient(true);
            leaves.add(x);
        }
        return leaves;
    }

    /** Returns the only output, or the product of two. */
    private static NDArray apply(AutogradFunction function, NDList in) {
        NDList y = function.apply(in);
        return y.size() == 1 ? y.get(0) : y.get(0).mul(y.get(1));
    }

    private void row(
            @Nullable PythonProcess torch,
            String name,
            NDList leaves,
            AutogradFunction node,
            Function<NDList, NDArray> engine) {
        int steps = quick ? 2 : 500;
        double[] without = new double[1];
        List<DoubleSupplier> sides = new ArrayList<>();
        sides.add(seconds(steps, () -> step(leaves, in -> apply(node, in))));
        sides.add(seconds(steps, () -> step(leaves, engine)));
        if (torch != null) {
            sides.add(
                    () -> {
                        double[] both = torch.ask(name + " 32 200 " + steps);
                        without[0] = both[1];
                        return both[0];
                    });
            sides.add(() -> without[0]);
        }
        Timing t = times(steps, sides);
        double ours = 1e6 * (t.median(0) - t.median(1));
        double theirs = torch == null ? Double.NaN : 1e6 * (t.median(2) - t.median(3));
        out().line("| %s, 32x200 | %.1f | %.1f | %.2f |", name, ours, theirs, ours / theirs);
    }

    // A rule that returns its upstream copies nothing, however large the array.
    private void large(NDList leaves) {
        NDArray source = leaves.get(0).stopGradient();
        Timing t =
                times(
                        1,
                        List.of(
                                seconds(1, () -> step(leaves, in -> apply(new Identity(), in))),
                                seconds(1, () -> step(leaves, in -> in.get(0))),
                                seconds(1, () -> source.duplicate().close())));
        double node = t.median(0) - t.median(1);
        out().line(
                        "identity at 8192x1024: %.0f us, %.3f of a copy of the array (%.0f us)",
                        1e6 * node, node / t.median(2), 1e6 * t.median(2));
    }

    private void batchNorm(NDManager manager, NDArray x) {
        NDList leaves = new NDList(x, manager.ones(new Shape(200)), manager.zeros(new Shape(200)));
        leaves.forEach(leaf -> leaf.setRequiresGradient(true));
        BatchNormFunction function = new BatchNormFunction(1e-5, 1);
        int steps = quick ? 2 : 200;
        Timing t =
                times(
                        steps,
                        List.of(
                                seconds(steps, () -> step(leaves, in -> function.apply(in).get(0))),
                                seconds(steps, () -> step(leaves, NodeCost::plainBatchNorm))));
        out().line(
                        "BatchNormFunction at 32x200: %.0f us a step, %s of the engine's gradient of the plain"
                                + " expression",
                        1e6 * t.median(0), t.ratio(0, 1));
    }

    private static NDArray plainBatchNorm(NDList in) {
        NDArray x = in.get(0);
        NDArray d = x.sub(x.mean(new int[] {0}, true));
        NDArray var = d.square().sum(new int[] {0}, true).div(x.getShape().get(0) - 1);
        return d.div(var.add(1e-5).sqrt()).mul(in.get(1)).add(in.get(2));
    }

    private static void step(NDList leaves, Function<NDList, NDArray> function) {
        GradientStep.run(leaves.get(0).getManager(), leaves, in -> function.apply(in).sum());
    }

    private Timing times(int steps, List<DoubleSupplier> sides) {
        return Timing.ofSeconds(quick ? 1 : rounds.count(), quick ? 0 : 10.0 / steps, sides);
    }

    private static DoubleSupplier seconds(int steps, Runnable step) {
        return Timing.seconds(THREADS::getCurrentThreadCpuTime, steps, step);
    }
}
