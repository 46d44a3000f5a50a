/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** Two blocks of equal parameters: one that the engine trains, and one that is compiled. */
public final class Twins implements AutoCloseable {

    /** How many steps are compared. */
    public static final int STEPS = 5;

    private final Block engine;
    private final Block compiled;
    private final Loss loss;
    private final NDManager manager;
    private double gradientNorm; // in the engine's last step

    /** Makes two blocks of equal parameters. */
    public Twins(
            NDManager manager, Supplier<Block> block, Loss loss, DataType type, Shape... shapes) {
        this.manager = manager;
        this.loss = loss;
        engine = block.get();
        compiled = block.get();
        engine.initialize(manager, type, shapes);
        compiled.initialize(manager, type, shapes);
        for (int i = 0; i < engine.getParameters().size(); i++) {
            NDArray from = parameter(engine, i).getArray();
            NDArray into = parameter(compiled, i).getArray();
            // Nothing is 0 or 1, so that no gradient can hide.
            NDArray noise = manager.randomUniform(0.05f, 0.2f, from.getShape(), type);
            from.stopGradient().addi(noise);
            from.stopGradient().copyTo(into.stopGradient());
            into.stopGradient().subi(into.stopGradient()).addi(from.stopGradient());
        }
    }

    /** Compares twins that are trained on random examples of three classes. */
    static String compare(
            Supplier<Block> block,
            Loss loss,
            DataType type,
            Shape batch,
            Supplier<Optimizer> optimizer,
            double tolerance) {
        NDManager manager = NDManager.newBaseManager();
        try (Twins twins = new Twins(manager, block, loss, type, batch)) {
            NDArray data = manager.randomNormal(new Shape(STEPS).addAll(batch), type);
            Shape labels = new Shape(STEPS, batch.get(0));
            return twins.compare(
                    new NDList(data),
                    new NDList(manager.randomInteger(0, 3, labels, DataType.INT64)),
                    optimizer,
                    tolerance);
        }
    }

    static Parameter parameter(Block block, int i) {
        return block.getParameters().valueAt(i);
    }

    Block compiled() {
        return compiled;
    }

    /** Trains both on the same batches, and compares losses, parameters and running statistics. */
    public String compare(
            NDList data, NDList labels, Supplier<Optimizer> optimizer, double tolerance) {
        Engine.getInstance().setRandomSeed(7);
        List<Double> expected = new ArrayList<>();
        Optimizer ofEngine = optimizer.get();
        for (int i = 0; i < STEPS; i++) {
            expected.add(engineStep(slice(data, i), slice(labels, i), ofEngine));
        }
        Engine.getInstance().setRandomSeed(7);
        String script;
        double[] losses;
        try (CompiledStep step =
                CompiledStep.builder(compiled, loss).setOptimizer(optimizer.get()).build()) {
            losses = step.run(data, labels);
            script = step.script();
            assertClose(gradientNorm, step.gradientNorm(), tolerance, "norm\n" + script);
        }
        for (int i = 0; i < STEPS; i++) {
            String what = "losses " + Arrays.toString(losses) + " instead of " + expected;
            assertClose(expected.get(i), losses[i], tolerance, what + "\n" + script);
        }
        for (int i = 0; i < engine.getParameters().size(); i++) {
            NDArray must = parameter(engine, i).getArray();
            NDArray got = parameter(compiled, i).getArray();
            String name = engine.getParameters().keyAt(i);
            assertTrue(
                    must.allClose(got, tolerance, tolerance * 1e-2, false),
                    () -> name + " is " + got + " instead of " + must + "\n" + script);
        }
        return script;
    }

    private static void assertClose(double must, double got, double tolerance, String what) {
        assertEquals(must, got, tolerance * (1 + Math.abs(must)), what);
    }

    private double engineStep(NDList data, NDList labels, Optimizer optimizer) {
        ParameterStore store = new ParameterStore(manager, false);
        NDArray value;
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDList outputs = engine.forward(store, data, labels, null);
            value = loss.evaluate(labels, outputs);
            collector.backward(value);
        }
        double squares = 0;
        for (int i = 0; i < engine.getParameters().size(); i++) {
            Parameter parameter = parameter(engine, i);
            if (parameter.requiresGradient()) {
                NDArray array = parameter.getArray();
                NDArray gradient = array.getGradient().duplicate();
                squares += gradient.toType(DataType.FLOAT64, false).square().sum().getDouble();
                optimizer.update(parameter.getId(), array, gradient);
            }
        }
        gradientNorm = Math.sqrt(squares);
        assertEquals(1, value.size());
        return value.toType(DataType.FLOAT64, false).toDoubleArray()[0];
    }

    private static NDList slice(NDList arrays, int i) {
        NDList slices = new NDList();
        arrays.forEach(array -> slices.add(array.get(new NDIndex(i))));
        return slices;
    }

    @Override
    public void close() {
        manager.close();
    }
}
