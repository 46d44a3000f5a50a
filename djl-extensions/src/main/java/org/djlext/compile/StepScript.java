/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.loss.Loss;
import java.util.ArrayList;
import java.util.List;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;
import org.jspecify.annotations.Nullable;

/**
 * The script of a step for batches of one shape. It has two functions: {@code steps} does many
 * steps in a call, and {@code gradients} computes loss, predictions and gradients of one.
 */
final class StepScript implements AutoCloseable {

    private static final List<String> PARAMETERS =
            List.of("batch: List[Tensor]", "p: List[Tensor]", "q: List[Tensor]");
    private static final String CAPTURED = "a: List[Tensor]";

    private final StepParameters parameters;
    private final String text;
    private final TorchScript script;
    private final ScriptFunction steps;
    private final ScriptFunction gradients;
    // Parameters trained and others, of steps and of gradients.
    private final List<KeptArgument> arguments;
    private final NDList owned = new NDList();
    private final int predictions;
    private final boolean recorded;
    private final NDList capturedForSteps;
    private final NDList capturedForGradients;

    /**
     * Compiles a step.
     *
     * @param block the block
     * @param loss the loss
     * @param parameters the parameters of the block
     * @param data data of one batch
     * @param labels labels of one batch
     * @param optimizer how parameters are updated
     * @param maxNorm the largest norm of all gradients together, or null for any
     * @param passes what makes the function of many steps faster
     */
    StepScript(
            Block block,
            Loss loss,
            StepParameters parameters,
            NDList data,
            NDList labels,
            OptimizerSettings optimizer,
            @Nullable Double maxNorm,
            List<Pass> passes) {
        this.parameters = parameters;
        try (StepTrace trace = new StepTrace(block, loss, parameters, data, labels)) {
            predictions = trace.predictions();
            if (!trace.captured().isEmpty()) {
                try (StepTrace again = new StepTrace(block, loss, parameters, data, labels)) {
                    trace.checkSame(again);
                }
            }
            ScriptWriter writer = new ScriptWriter();

            Program one = trace.program();
            Pass.ONE_STEP.forEach(pass -> pass.apply(one));
            writeGradients(writer, trace, one);
            capturedForGradients = one.capturedArrays;
            owned.addAll(one.owned);
            recorded = !one.recorded.isEmpty();

            Program many = trace.program();
            List<Value> states = addUpdate(trace, many, optimizer, maxNorm);
            passes.forEach(pass -> pass.apply(many));
            writeSteps(writer, trace, many, states, optimizer);
            capturedForSteps = many.capturedArrays;
            owned.addAll(many.owned);

            text = writer.toString();
        }
        script = TorchScript.compile(text);
        steps = script.function("steps");
        gradients = script.function("gradients");
        arguments =
                List.of(
                        new KeptArgument(steps, 1),
                        new KeptArgument(steps, 2),
                        new KeptArgument(gradients, 1),
                        new KeptArgument(gradients, 2));
    }

    /**
     * Appends clipping and update to a step, which has the loss alone as its result from then on.
     */
    private static List<Value> addUpdate(
            StepTrace trace,
            Program program,
            OptimizerSettings optimizer,
            @Nullable Double maxNorm) {
        List<Value> gradients = gradients(trace, program);
        Updates updates = new Updates();
        if (maxNorm != null) {
            gradients = updates.clipNorm(gradients, maxNorm);
        }
        List<Value> states = new ArrayList<>();
        for (int i = 0; i < gradients.size(); i++) {
            Value parameter = trace.trained().get(i);
            List<Value> own = new ArrayList<>();
            for (int k = 0; k < optimizer.states(); k++) {
                own.add(
                        new Value(
                                "s" + (states.size() + k),
                                parameter.shape,
                                parameter.type,
                                Value.Origin.PARAMETER,
                                false));
            }
            states.addAll(own);
            optimizer.write(updates, new Updates.Update(parameter, gradients.get(i), own));
        }
        program.step.addAll(updates.lines());
        program.results.subList(1, program.results.size()).clear();
        return states;
    }

    private static List<Value> gradients(StepTrace trace, Program program) {
        List<Value> results = program.results;
        int count = trace.trained().size();
        return new ArrayList<>(results.subList(results.size() - count, results.size()));
    }

    private static void writeGradients(ScriptWriter writer, StepTrace trace, Program program) {
        List<String> signature = new ArrayList<>(PARAMETERS);
        signature.add(CAPTURED);
        writer.begin("gradients", signature);
        writer.unpack(trace.trained(), "p", true);
        writer.unpack(trace.others(), "q", true);
        writer.unpack(program.captured, "a", false);
        writer.unpack(trace.batch(), "batch", false);
        writer.lines(program.before);
        writer.lines(program.step);
        writer.line("return " + ScriptWriter.list(program.results));
    }

    private static void writeSteps(
            ScriptWriter writer,
            StepTrace trace,
            Program program,
            List<Value> states,
            OptimizerSettings optimizer) {
        List<String> signature = new ArrayList<>(PARAMETERS);
        signature.addAll(List.of(CAPTURED, "s: List[Tensor]", "rates: List[float]"));
        writer.begin("steps", signature);
        writer.unpack(trace.trained(), "p", true);
        writer.unpack(trace.others(), "q", true);
        writer.unpack(states, "s", false);
        writer.unpack(program.captured, "a", false);
        for (int i = 0; i < trace.batch().size(); i++) {
            writer.line("all_" + trace.batch().get(i) + " = torch.unbind(batch[" + i + "], 0)");
        }
        writer.line("device = p0.device");
        writer.lines(program.before);
        writer.line("losses = annotate(List[Tensor], [])");
        int rates = optimizer.kind().rates;
        writer.beginLoop("for i in range(len(rates) // " + rates + "):");
        writer.line("lr = rates[i * " + rates + "]");
        if (rates > 1) {
            writer.line("rate = rates[i * " + rates + " + 1]");
        }
        for (Value value : trace.batch()) {
            writer.line(value + " = all_" + value + "[i]");
        }
        writer.lines(program.step);
        writer.line("losses.append(torch.detach(" + program.results.get(0) + "))");
        writer.endLoop();
        writer.line("return torch.stack(losses)");
    }

    /** Does as many steps as there are rates for, and returns the losses. */
    NDArray steps(NDList batch, NDList states, double[] rates) {
        return call(
                        steps,
                        batch,
                        arguments.get(0).of(parameters.trainedArrays()),
                        arguments.get(1).of(parameters.otherArrays()),
                        capturedForSteps,
                        states,
                        rates)
                .head();
    }

    /** Returns the loss, the predictions and the gradients of one batch. */
    NDList gradients(NDList batch) {
        return call(
                gradients,
                batch,
                arguments.get(2).of(parameters.trainedArrays()),
                arguments.get(3).of(parameters.otherArrays()),
                capturedForGradients);
    }

    /** How many arrays the block returns. */
    int predictions() {
        return predictions;
    }

    private NDList call(ScriptFunction function, @Nullable Object... arguments) {
        boolean before = JniUtils.isGradMode();
        JniUtils.setGradMode(recorded);
        try {
            return function.call(arguments);
        } finally {
            JniUtils.setGradMode(before);
        }
    }

    /** The text of the script. */
    String text() {
        return text;
    }

    @Override
    public void close() {
        arguments.forEach(KeptArgument::close);
        script.close();
        owned.close();
    }
}
