/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/**
 * A random expression that can be built of Values and of DJL's arrays.
 *
 * @param leaves the numbers that it starts from
 * @param steps each makes one more node of two that are there, so that nodes are used many times
 */
record RandomGraph(List<Double> leaves, List<Step> steps) {

    /** An operation, and where its operands are, counted around. */
    record Step(Operation operation, int left, int right) {}

    enum Operation {
        ADD,
        MUL,
        SUB,
        DIV,
        SQUARE,
        POWER,
        NEG,
        EXP,
        LOG,
        TANH,
        RELU,
        SIGMOID,
        CONSTANT
    }

    static Arbitrary<RandomGraph> of(int minSteps, int maxSteps, Operation... operations) {
        Arbitrary<Step> step =
                Combinators.combine(
                                Arbitraries.of(operations),
                                Arbitraries.integers().between(0, 1000),
                                Arbitraries.integers().between(0, 1000))
                        .as(Step::new);
        Arbitrary<List<Double>> leaves =
                Arbitraries.doubles().between(-2, 2).ofScale(6).list().ofSize(4);
        return Combinators.combine(leaves, step.list().ofMinSize(minSteps).ofMaxSize(maxSteps))
                .as(RandomGraph::new);
    }

    List<Value> newLeaves() {
        return leaves.stream().map(Value::new).toList();
    }

    Value build(List<Value> from) {
        return build(from, RandomGraph::apply, Value::add);
    }

    NDArray buildOfArrays(NDList from) {
        return build(from, RandomGraph::apply, NDArray::add);
    }

    /** What an operation makes of two operands. */
    private interface Engine<T> {
        T apply(Operation operation, T x, T y);
    }

    /** Builds it, and sums its last nodes so that most of it is in the graph of the root. */
    private <T> T build(List<T> from, Engine<T> engine, BinaryOperator<T> add) {
        List<T> nodes = new ArrayList<>(from);
        for (Step step : steps) {
            T x = nodes.get(step.left % nodes.size());
            T y = nodes.get(step.right % nodes.size());
            nodes.add(engine.apply(step.operation, x, y));
        }
        return nodes.subList(nodes.size() - 4, nodes.size()).stream().reduce(add).orElseThrow();
    }

    // Operands are kept where a function is smooth and small: log and division of 1 + x^2.
    private static Value apply(Operation operation, Value x, Value y) {
        return switch (operation) {
            case ADD -> x.add(y);
            case MUL -> x.mul(y);
            case SUB -> x.sub(y);
            case DIV -> x.div(y.mul(y).add(1));
            case SQUARE -> x.pow(2);
            case POWER -> x.mul(x).add(1).pow(-0.7);
            case NEG -> x.neg();
            case EXP -> x.tanh().exp();
            case LOG -> x.mul(x).add(1).log();
            case TANH -> x.tanh();
            case RELU -> x.relu();
            case SIGMOID -> x.sigmoid();
            case CONSTANT -> Reflected.sub(2, x).div(3);
        };
    }

    private static NDArray apply(Operation operation, NDArray x, NDArray y) {
        return switch (operation) {
            case ADD -> x.add(y);
            case MUL -> x.mul(y);
            case SUB -> x.sub(y);
            case DIV -> x.div(y.square().add(1));
            case SQUARE -> x.square();
            // Copies, because the graph does not hold the memory of DJL's own numbers.
            case POWER -> x.square().add(1).pow(x.getManager().create(-0.7).duplicate());
            case NEG -> x.neg();
            case EXP -> x.tanh().exp();
            case LOG -> x.square().add(1).log();
            case TANH -> x.tanh();
            case RELU -> ai.djl.nn.Activation.relu(x);
            case SIGMOID -> ai.djl.nn.Activation.sigmoid(x);
            case CONSTANT -> x.neg().add(2).div(x.getManager().create(3.0).duplicate());
        };
    }
}
