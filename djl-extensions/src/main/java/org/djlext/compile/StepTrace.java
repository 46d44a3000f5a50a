/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.training.loss.Loss;
import java.util.ArrayList;
import java.util.List;
import org.djlext.autograd.Autograd;

/** One training step of a block on the tape: forward, loss and gradients, without the update. */
final class StepTrace implements SameEachTime.Trace {

    private final Tape tape;
    private final Given given;
    private final Value labels;
    private final List<Value> results = new ArrayList<>();
    private final Stretches stretches;
    private final List<Line> lines;

    StepTrace(Block block, Loss loss, StepParameters parameters, StepBatch step) {
        tape = new Tape(step.data().head().getManager());
        TracedParameters store = new TracedParameters(tape);
        // Recorded: what Java code computes of a parameter beside the tape then shows by its graph.
        try (Autograd.Scope recorded = Autograd.enableGrad()) {
            List<Value> trained = store.put("p", parameters.trained(), true);
            List<Value> others = store.put("q", parameters.others(), false);
            NDList tracedData = tape.inputs("x", step.data());
            NDList tracedLabels = tape.inputs("y", step.labels());
            List<Value> batch = new ArrayList<>(TracedArray.values(tracedData, "data"));
            batch.addAll(TracedArray.values(tracedLabels, "labels"));
            given = new Given(batch, trained, others);
            labels = batch.get(tracedLabels.isEmpty() ? 0 : tracedData.size());
            NDList outputs = block.forward(store, tracedData, tracedLabels, null);
            TracedArray value =
                    TracedArray.required(loss.evaluate(tracedLabels, outputs), loss.getName());
            Differentiation differentiation = new Differentiation(tape, value);
            store.writeChanges();
            results.add(value.read());
            results.addAll(TracedArray.values(outputs, "the block"));
            for (Value parameter : trained) {
                NDArray gradient = differentiation.gradient(parameter);
                NDList own = new NDList(gradient == null ? tape.zeros(parameter) : gradient);
                results.addAll(TracedArray.values(own, "a gradient"));
            }
            stretches = differentiation.stretches();
            lines = stretches.lines();
            results.replaceAll(stretches::outside);
        } catch (RuntimeException | Error e) {
            tape.close();
            throw e;
        }
    }

    @Override
    public Tape tape() {
        return tape;
    }

    @Override
    public List<Line> lines() {
        return lines;
    }

    /** What a step is given. */
    Given given() {
        return given;
    }

    /** Tells whether forward or backward waits for other ranks. */
    boolean isCollective() {
        return lines.stream().anyMatch(Line::isCollective);
    }

    /** The first array of labels; of data, if there are no labels. */
    Value labels() {
        return labels;
    }

    /** Returns a program that computes the loss, the predictions and the gradients. */
    Program program() {
        return Program.of(tape, lines, results, stretches.recorded());
    }
}
