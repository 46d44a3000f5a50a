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
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

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
@Command(name = "NodeCost")
final class NodeCost extends Benchmark {

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    @Mixin private Turns turns = new Turns();

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

    private void row(
            @Nullable PythonProcess torch,
            String name,
            NDList leaves,
            AutogradFunction node,
            Function<NDList, NDArray> engine) {
        int steps = turns.part(500);
        double[] without = new double[1];
        List<DoubleSupplier> sides = new ArrayList<>();
        sides.add(seconds(steps, leaves, in -> product(node.apply(in))));
        sides.add(seconds(steps, leaves, engine));
        if (torch != null) {
            sides.add(
                    () -> {
                        double[] both = torch.ask(name + " 32 200 " + steps);
                        without[0] = both[1];
                        return both[0];
                    });
            sides.add(() -> without[0]);
        }
        Timing t = turns.time(sides);
        double ours = 1e6 * (t.median(0) - t.median(1));
        double theirs = torch == null ? Double.NaN : 1e6 * (t.median(2) - t.median(3));
        out().line("| %s, 32x200 | %.1f | %.1f | %.2f |", name, ours, theirs, ours / theirs);
    }

    // A rule that returns its upstream copies nothing, however large the array.
    private void large(NDList leaves) {
        NDArray source = leaves.get(0).stopGradient();
        Timing t =
                turns.time(
                        List.of(
                                seconds(1, leaves, in -> new Identity().apply(in).head()),
                                seconds(1, leaves, in -> in.get(0)),
                                seconds(1, () -> source.duplicate().close())));
        double node = t.median(0) - t.median(1);
        out().line(
                        "identity at 8192x1024: %.0f us, %.3f of a copy of the array (%.0f us)",
                        1e6 * node, node / t.median(2), 1e6 * t.median(2));
    }

    /** Returns the only output, or the product of two. */
    private static NDArray product(NDList y) {
        return y.size() == 1 ? y.get(0) : y.get(0).mul(y.get(1));
    }

    private static DoubleSupplier seconds(
            int steps, NDList leaves, Function<NDList, NDArray> function) {
        NDManager manager = leaves.get(0).getManager();
        return seconds(
                steps, () -> GradientStep.run(manager, leaves, in -> function.apply(in).sum()));
    }

    private static DoubleSupplier seconds(int steps, Runnable step) {
        return () -> {
            long start = THREADS.getCurrentThreadCpuTime();
            for (int i = 0; i < steps; i++) {
                step.run();
            }
            return (THREADS.getCurrentThreadCpuTime() - start) / 1e9 / steps;
        };
    }
}
