/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.loss.Loss;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.djlext.autograd.Autograd;

/** One training step of a block on the tape: forward, loss and gradients, without the update. */
final class StepTrace implements AutoCloseable {

    private final Tape tape;
    private final StepParameters parameters;
    private final TracedParameters store;
    private final List<Value> trained = new ArrayList<>();
    private final List<Value> others = new ArrayList<>();
    private final List<Value> batch = new ArrayList<>();
    private final List<Value> results = new ArrayList<>();
    private final Differentiation differentiation;
    private final List<Line> lines;
    private final int predictions;
    private final int dataArrays;

    /** Runs a step of a block on the tape, twice: what differs would be the same in a script. */
    static StepTrace of(Block block, Loss loss, StepParameters parameters, StepBatch step) {
        StepTrace trace = new StepTrace(block, loss, parameters, step);
        SameEachTime first = SameEachTime.of(trace.tape, trace.lines);
        try (StepTrace again = new StepTrace(block, loss, parameters, step)) {
            first.check(SameEachTime.of(again.tape, again.lines));
        } catch (RuntimeException | Error e) {
            trace.close();
            throw e;
        }
        return trace;
    }

    private StepTrace(Block block, Loss loss, StepParameters parameters, StepBatch step) {
        this.parameters = parameters;
        dataArrays = step.data().size();
        tape = new Tape(step.data().head().getManager());
        store = new TracedParameters(tape);
        // Recorded: what Java code computes of a parameter beside the tape then shows by its graph.
        try (Autograd.Scope recorded = Autograd.enableGrad()) {
            putParameters();
            NDList tracedData = put("x", step.data());
            NDList tracedLabels = put("y", step.labels());
            NDList outputs = block.forward(store, tracedData, tracedLabels, null);
            TracedArray value =
                    TracedArray.required(loss.evaluate(tracedLabels, outputs), loss.getName());
            differentiation = new Differentiation(tape, value);
            changeParameters();
            results.add(value.read());
            for (NDArray output : outputs) {
                results.add(TracedArray.required(output, "the block").read());
            }
            predictions = outputs.size();
            for (Value parameter : trained) {
                TracedArray gradient = differentiation.gradient(parameter);
                if (gradient == null) {
                    NDArray zeros = tape.manager().manager().zeros(parameter.shape, parameter.type);
                    gradient = TracedArray.required(zeros, "a gradient");
                }
                results.add(gradient.read());
            }
            lines = differentiation.lines();
            results.replaceAll(differentiation::outside);
        } catch (RuntimeException | Error e) {
            tape.close();
            throw e;
        }
    }

    private void putParameters() {
        for (Parameter parameter : parameters.all()) {
            boolean isTrained = parameters.isTrained(parameter);
            List<Value> values = isTrained ? trained : others;
            TracedArray array =
                    tape.input(
                            (isTrained ? "p" : "q") + values.size(),
                            parameter.getArray(),
                            Value.Origin.PARAMETER,
                            isTrained);
            values.add(array.read());
            store.put(parameter, array.array());
        }
    }

    private NDList put(String letter, NDList arrays) {
        NDList put = new NDList();
        for (int i = 0; i < arrays.size(); i++) {
            TracedArray array = tape.input(letter + i, arrays.get(i), Value.Origin.BATCH, false);
            batch.add(array.read());
            put.add(array.array());
        }
        return put;
    }

    /** Running statistics, which the Java code has changed in place, are changed at the end. */
    private void changeParameters() {
        Map<Value, NDArray> changes = new LinkedHashMap<>();
        for (Parameter parameter : parameters.all()) {
            TracedArray array = TracedArray.of(store.get(parameter));
            if (array == null) {
                continue;
            }
            boolean isTrained = parameters.isTrained(parameter);
            Value now = array.read();
            Value before = (isTrained ? trained : others).get(parameters.index(parameter));
            if (now != before && isTrained) {
                throw new CompileException(
                        "cannot compile: the block changes its parameter "
                                + parameter.getName()
                                + " in place, which the optimizer is to change; freeze it");
            }
            if (now != before) {
                changes.put(before, array.array());
            }
        }
        // What lies in the memory of another parameter is read before that changes.
        changes.replaceAll(
                (before, now) -> Conversions.copy(TracedArray.required(now, "a change")));
        changes.forEach((before, now) -> tape.change("copy_", before, now));
    }

    /** The parameters of the block. */
    StepParameters parameters() {
        return parameters;
    }

    /** Tells whether forward or backward waits for other ranks. */
    boolean isCollective() {
        return lines.stream().anyMatch(Line::isCollective);
    }

    /** Those that the optimizer updates. */
    List<Value> trained() {
        return trained;
    }

    /** The others. */
    List<Value> others() {
        return others;
    }

    /** Data and labels. */
    List<Value> batch() {
        return batch;
    }

    /** The first array of labels; of data, if there are no labels. */
    Value labels() {
        return batch.get(batch.size() > dataArrays ? dataArrays : 0);
    }

    /** How many arrays the block returns. */
    int predictions() {
        return predictions;
    }

    /** Returns a program that computes the loss, the predictions and the gradients. */
    Program program() {
        return Program.of(tape, lines, results, differentiation.recorded());
    }

    @Override
    public void close() {
        tape.close();
    }
}
