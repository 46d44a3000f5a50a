/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.optimizer.Optimizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.djlext.autograd.Autograd;
import org.djlext.nn.FunctionBlock;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;

/**
 * Random programs of some dozen operations on arrays of several types, with views, changes in place
 * and values that are read again: a script gives the engine's outputs, gradients and updates.
 * {@code -Dcompile.fuzz=1000} draws more of them.
 */
class RandomProgramsTest extends ArrayTest {

    private static final int STEPS = 3;
    private static final int LENGTH = 14;
    private static final int MAX_SIZE = 100;
    private static final Map<String, Shape> SHAPES =
            new TreeMap<>(
                    Map.of(
                            "p", new Shape(3, 4),
                            "q", new Shape(4),
                            "r", new Shape(4, 3),
                            "s", new Shape(3, 4),
                            "t", new Shape(4),
                            "z", new Shape(1)));
    private static final Set<String> FROZEN = Set.of("s", "t");

    /** A line of a program: an operation on values computed before, and a small number. */
    private record Statement(RandomOperations.Named operation, int a, int b, int n) {

        NDArray apply(List<NDArray> values) {
            return operation.operation().apply(values.get(a), values.get(b), n);
        }

        @Override
        public String toString() {
            return "%s(%s, %s; %s)".formatted(operation.name(), a, b, n);
        }
    }

    /** Runs statements on data and parameters; what they compute is what it returns. */
    private static final class Program {

        private final List<Statement> statements = new ArrayList<>();
        private final List<Parameter> own = new ArrayList<>();
        private final Block block;
        private final boolean isTwice; // whether gradients are among what it returns

        Program(NDManager manager, boolean isTwice) {
            this.isTwice = isTwice;
            FunctionBlock.Builder builder = FunctionBlock.builder("program");
            SHAPES.forEach(
                    (name, shape) -> {
                        Parameter parameter = Small.parameter(name, !FROZEN.contains(name));
                        own.add(parameter);
                        builder.addParameter(parameter, in -> shape);
                    });
            block = builder.setComputation((arrays, training) -> run(arrays)).build();
            block.initialize(manager, DataType.FLOAT64, new Shape(3, 4));
        }

        private NDList run(NDList given) {
            List<NDArray> values = new ArrayList<>(given);
            statements.forEach(statement -> values.add(statement.apply(values)));
            NDList outputs = new NDList(given.get(given.size() - 1).mul(1)); // one to train
            outputs.addAll(values.subList(given.size(), values.size()));
            if (isTwice) {
                NDList sum = new NDList(Small.weightedSum().evaluate(new NDList(), outputs));
                NDList one = new NDList(sum.head().onesLike());
                int first = given.size() - own.size();
                NDList by = new NDList();
                for (int i = 0; i < own.size(); i++) {
                    if (own.get(i).requiresGradient()) {
                        by.add(given.get(first + i));
                    }
                }
                NDList gradients = Autograd.grad(sum, by, one, true, true, true);
                gradients.stream().filter(Objects::nonNull).forEach(outputs::add);
            }
            return outputs;
        }
    }

    /** Gives a step what is frozen without the graph of the steps that have changed it. */
    private static final class StepStore extends ParameterStore {

        StepStore(NDManager manager) {
            super(manager, false);
        }

        @Override
        public NDArray getValue(Parameter parameter, Device device, boolean training) {
            NDArray array = super.getValue(parameter, device, training);
            return parameter.requiresGradient() ? array : array.stopGradient();
        }
    }

    private NDList data(int seed) {
        Engine.getInstance().setRandomSeed(seed);
        NDArray x = manager.randomNormal(new Shape(STEPS, 3, 4), DataType.FLOAT64);
        NDArray half = manager.randomNormal(new Shape(STEPS, 4), DataType.FLOAT32);
        NDArray places = manager.randomInteger(0, 3, new Shape(STEPS, 3), DataType.INT64);
        NDArray mask = manager.randomNormal(new Shape(STEPS, 3, 4)).gt(0);
        NDArray scalar = manager.randomNormal(new Shape(STEPS), DataType.FLOAT64);
        return new NDList(x, half, places, mask, scalar);
    }

    private static NDList slice(NDList arrays, int step) {
        return new NDList(arrays.stream().map(each -> each.get(new NDIndex(step))).toList());
    }

    /** Draws a program that the engine can run. */
    private Program draw(int seed, NDList data) {
        Random random = new Random(seed);
        Program program = initialized(seed);
        try (Autograd.Scope recorded = Autograd.enableGrad()) {
            List<NDArray> values = new ArrayList<>(slice(data, 0));
            program.own.forEach(parameter -> values.add(parameter.getArray()));
            int tries = 0;
            while (program.statements.size() < LENGTH && tries++ < 40 * LENGTH) {
                int before = program.statements.size();
                Statement drawn =
                        before > 0 && random.nextInt(12) == 0
                                ? program.statements.get(random.nextInt(before)) // once more
                                : new Statement(
                                        RandomOperations.ALL.get(
                                                random.nextInt(RandomOperations.ALL.size())),
                                        operand(random, values.size()),
                                        operand(random, values.size()),
                                        random.nextInt(4));
                if (isPossible(drawn, values)) {
                    program.statements.add(drawn);
                }
            }
        }
        return program;
    }

    // What was computed last is taken more often.
    private static int operand(Random random, int size) {
        return random.nextBoolean() ? random.nextInt(size) : size - 1 - random.nextInt(4);
    }

    /** Does a statement, if it computes numbers that are not too many and not too large. */
    private static boolean isPossible(Statement statement, List<NDArray> values) {
        try {
            NDArray y = statement.apply(values);
            boolean isSmall =
                    y.size() <= MAX_SIZE
                            && Arrays.stream(y.toType(DataType.FLOAT64, false).toDoubleArray())
                                    .allMatch(v -> !(Math.abs(v) >= 50) || Double.isInfinite(v));
            if (isSmall) {
                values.add(y);
            }
            return isSmall || statement.operation().isInPlace();
        } catch (RuntimeException e) {
            return false;
        }
    }

    private Program initialized(int seed) {
        // One program of four is differentiated twice.
        Program program = new Program(manager, seed % 4 == 3);
        Engine.getInstance().setRandomSeed(seed + 1);
        for (Parameter parameter : program.own) {
            NDArray array = parameter.getArray().stopGradient();
            array.addi(manager.randomNormal(array.getShape(), DataType.FLOAT64));
        }
        return program;
    }

    private Program twin(Program other, int seed) {
        Program twin = initialized(seed);
        twin.statements.addAll(other.statements);
        return twin;
    }

    /** What a step gives: the loss, the outputs and the gradients. */
    private NDList engineStep(Program program, NDList data, Optimizer optimizer) {
        NDList all = new NDList();
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDList outputs = program.block.forward(new StepStore(manager), data, true);
            NDArray loss = Small.weightedSum().evaluate(new NDList(), outputs);
            collector.backward(loss);
            all.add(loss.duplicate());
            outputs.forEach(y -> all.add(y.duplicate()));
        }
        for (Parameter parameter : program.own) {
            if (parameter.requiresGradient()) {
                NDArray array = parameter.getArray();
                NDArray found = array.getGradient();
                // Where there is none, DJL gives zeros of float32.
                NDArray gradient = found.toType(DataType.FLOAT64, false).duplicate();
                all.add(gradient);
                optimizer.update(parameter.getId(), array, gradient);
                found.subi(found);
            }
        }
        return all;
    }

    private static CompiledStep step(Program program, int seed) {
        Random random = new Random(seed);
        List<Pass> passes = new ArrayList<>(Pass.MANY_STEPS);
        passes.removeIf(
                pass ->
                        seed % 3 > 0 // in two programs of three not all passes
                                && !(pass instanceof FoldedConstants)
                                && random.nextBoolean());
        return CompiledStep.builder(program.block, Small.weightedSum())
                .setOptimizer(Small.sgd(0.01))
                .optPasses(passes)
                .build();
    }

    /** In evaluation, the outputs of the first batch are those of the engine. */
    private void compareForward(Program engine, Program program, NDList data, String what) {
        Engine.getInstance().setRandomSeed(9);
        NDList expected = engine.block.forward(new ParameterStore(manager, false), data, false);
        try (CompiledForward forward = new CompiledForward(program.block)) {
            Engine.getInstance().setRandomSeed(9);
            NDList found = forward.call(data);
            for (int i = 0; i < expected.size(); i++) {
                Small.assertSame(expected.get(i), found.get(i), 1e-5, what + ", output " + i);
            }
        }
    }

    /** Runs a program both ways, and tells whether it could be compiled. */
    private boolean isCompiled(int seed) {
        Program program = draw(seed, data(seed));
        Program engine = twin(program, seed);
        Optimizer optimizer = Small.sgd(0.01);
        NDList first = new NDList();
        double[] expected = new double[STEPS];
        try {
            NDList data = data(seed); // which a program may change
            Engine.getInstance().setRandomSeed(9);
            for (int i = 0; i < STEPS; i++) {
                NDList all = engineStep(engine, slice(data, i), optimizer);
                expected[i] = all.head().getDouble();
                if (i == 0) {
                    first = all;
                }
            }
        } catch (RuntimeException e) {
            return false; // the engine refuses to differentiate what changed in place
        }
        String what = "seed " + seed + ": " + program.statements;
        Program gradients = twin(program, seed);
        Program steps = twin(program, seed);
        try (CompiledStep ofGradients = step(gradients, seed);
                CompiledStep ofSteps = step(steps, seed)) {
            NDList data = data(seed);
            Engine.getInstance().setRandomSeed(9);
            StepBatch batch = new StepBatch(slice(data, 0), new NDList());
            NDList all = ofGradients.gradients(batch);
            assertEquals(first.size(), all.size(), what);
            for (int i = 0; i < all.size(); i++) {
                Small.assertSame(first.get(i), all.get(i), 1e-5, what + ", result " + i);
            }
            Engine.getInstance().setRandomSeed(9);
            double[] losses = ofSteps.run(data, new NDList());
            for (int i = 0; i < STEPS; i++) {
                if (!Double.isFinite(expected[i])) {
                    assertEquals(i + 1, losses.length, what + ", the last loss");
                    return true; // where a run ends
                }
                assertEquals(1, (1 + losses[i]) / (1 + expected[i]), 1e-4, what + ", loss " + i);
            }
            for (int i = 0; i < steps.own.size(); i++) {
                NDArray must = engine.own.get(i).getArray();
                Small.assertSame(
                        must, steps.own.get(i).getArray(), 1e-5, what + ", parameter " + i);
            }
            boolean isPlain =
                    program.statements.stream().noneMatch(each -> each.operation.isInPlace());
            if (isPlain && !program.isTwice) {
                NDList one = slice(data, 0);
                compareForward(twin(program, seed), twin(program, seed), one, what);
            }
            return true;
        } catch (CompileException e) {
            String why = String.valueOf(e.getMessage());
            assertTrue(why.contains("in place") || why.contains("has no rule"), what + ": " + e);
            return false;
        } catch (RuntimeException e) {
            throw new AssertionError(what, e);
        }
    }

    @Test
    void giveWhatTheEngineGives() {
        int programs = Integer.getInteger("compile.fuzz", 40);
        int first = Integer.getInteger("compile.fuzz.first", 0);
        int compiled = 0;
        List<String> failures = new ArrayList<>();
        for (int seed = first; seed < first + programs; seed++) {
            try {
                compiled += isCompiled(seed) ? 1 : 0;
            } catch (AssertionError e) {
                failures.add(e.getMessage() + (e.getCause() == null ? "" : " " + e.getCause()));
            }
        }
        assertTrue(failures.isEmpty(), () -> String.join("\n", failures));
        assertTrue(compiled > programs / 2, compiled + " of " + programs);
    }
}
