/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;
import org.djlext.torch.ops.Reductions;
import org.jspecify.annotations.Nullable;

/**
 * The script of a step for batches of one shape: a function that does many steps in a call, or one
 * that computes loss, predictions and gradients of a batch.
 */
final class StepScript implements Scripts.Script {

    private static final List<String> PARAMETERS =
            List.of("batch: List[Tensor]", "p: List[Tensor]", "q: List[Tensor]", "a: List[Tensor]");

    private final StepParameters parameters;
    private final String text;
    private final TorchScript script;
    private final ScriptFunction function;
    private final KeptArguments arguments;
    private final NDList captured;
    private final NDList owned;
    private final int predictions;
    private final boolean recorded;

    private StepScript(
            String name,
            String text,
            StepTrace trace,
            Program program,
            List<Line.Group> groups,
            List<Value> updated) {
        this.text = text;
        parameters = trace.parameters();
        captured = program.capturedArrays;
        owned = program.owned;
        predictions = trace.predictions();
        recorded = !program.recorded.isEmpty();
        script = TorchScript.compile(text);
        function = script.function(name);
        arguments = new KeptArguments(function, recorded, PARAMETERS.size(), groups, updated);
    }

    /**
     * Compiles many steps.
     *
     * @param trace a step
     * @param update how parameters are updated
     * @param maxNorm the largest norm of all gradients together, or null for any
     * @param passes what makes the steps faster
     * @param ranks whose gradients are reduced in each step, or null for this process alone
     */
    static StepScript ofSteps(
            StepTrace trace,
            StepUpdate update,
            @Nullable Double maxNorm,
            List<Pass> passes,
            @Nullable DataParallel ranks) {
        Program program = trace.program();
        List<Value> states = UpdateScript.values("s", update.states(), Value.Origin.PARAMETER);
        addUpdate(trace, program, update, states, maxNorm, ranks);
        passes.forEach(pass -> pass.apply(program));
        List<Line.Group> groups = Line.Group.of(program.step);
        ScriptWriter writer = new ScriptWriter();
        writeSteps(writer, trace, program, groups, update.numbers());
        List<Value> updated = new ArrayList<>(trace.trained());
        updated.addAll(states);
        String text = Reductions.GLOBAL_NORM + "\n" + writer;
        return new StepScript("steps", text, trace, program, groups, updated);
    }

    /** Compiles the loss, the predictions and the gradients of a batch. */
    static StepScript ofGradients(StepTrace trace) {
        Program program = trace.program();
        List<Value> gradients = gradients(trace, program);
        UpdateLines lines = new UpdateLines();
        List<Value> dense = lines.dense(gradients, program);
        program.step.addAll(lines.lines());
        gradients.clear();
        program.results.addAll(dense);
        Pass.ONE_STEP.forEach(pass -> pass.apply(program));
        ScriptWriter writer = new ScriptWriter();
        writer.begin("gradients", PARAMETERS);
        unpack(writer, trace, program);
        writer.unpack(trace.batch(), "batch");
        writer.lines(program.before);
        writer.lines(program.step);
        writer.line("return " + ScriptWriter.list(program.results));
        return new StepScript("gradients", writer.toString(), trace, program, List.of(), List.of());
    }

    /**
     * Appends clipping and update to a step, which has the loss alone as its result from then on.
     */
    private static void addUpdate(
            StepTrace trace,
            Program program,
            StepUpdate update,
            List<Value> states,
            @Nullable Double maxNorm,
            @Nullable DataParallel ranks) {
        List<Value> results = program.results;
        List<Value> gradients = gradients(trace, program);
        UpdateLines lines = new UpdateLines();
        List<Value> dense;
        List<Line> changes = new ArrayList<>();
        if (ranks == null) {
            dense = lines.dense(gradients, program);
        } else {
            // Not before the loss of all ranks is known.
            program.step.stream().filter(l -> l.operation().equals("copy_")).forEach(changes::add);
            program.step.removeAll(changes);
            List<Value> reduced = ranks.reduce(lines, gradients, results.get(0), trace.labels());
            dense = reduced.subList(0, gradients.size());
            results.set(0, reduced.get(gradients.size()));
        }
        lines.noteNorm(dense);
        lines.update(
                update,
                trace.trained(),
                maxNorm == null ? dense : lines.clipNorm(dense, maxNorm),
                states);
        program.step.addAll(lines.lines());
        program.step.addAll(changes);
        results.subList(1, results.size()).clear();
    }

    /** The results that are gradients. */
    private static List<Value> gradients(StepTrace trace, Program program) {
        int end = program.results.size();
        return program.results.subList(end - trace.trained().size(), end);
    }

    private static void unpack(ScriptWriter writer, StepTrace trace, Program program) {
        writer.unpack(trace.trained(), "p");
        writer.unpack(trace.others(), "q");
        writer.unpack(program.captured, "a");
    }

    private static void writeSteps(
            ScriptWriter writer,
            StepTrace trace,
            Program program,
            List<Line.Group> groups,
            List<String> numbers) {
        List<String> signature = new ArrayList<>(PARAMETERS);
        signature.addAll(Line.Group.signature(groups));
        signature.add("numbers: List[float]");
        writer.begin("steps", signature);
        unpack(writer, trace, program);
        List<Value> batch = writeBatch(writer, trace, program);
        writer.line("device = p0.device");
        writer.lines(program.before);
        writer.line("losses = annotate(List[float], [])");
        writer.line(Line.NORM + " = float('nan')");
        int count = numbers.size();
        writer.beginBlock("for i in range(count):");
        for (int k = 0; k < count; k++) {
            writer.line(numbers.get(k) + " = numbers[i * " + count + " + " + k + "]");
        }
        for (Value value : batch) {
            writer.line(value + " = all_" + value + "[i]");
        }
        Value loss = program.results.get(0);
        int known = 1 + lastOf(program.step, loss);
        writer.lines(program.step.subList(0, known));
        String one = loss.shape.size() == 1 ? loss.name : "torch.sum(" + loss + ")";
        writer.line("losses.append(float(" + one + "))");
        // The parameters stay those of the last good step.
        writer.beginBlock("if not math.isfinite(losses[i]):");
        writer.line("break");
        writer.endBlock();
        writer.lines(program.step.subList(known, program.step.size()));
        writer.endBlock();
        writer.line("losses.append(" + Line.NORM + ")");
        writer.line("return losses");
    }

    /** Writes lists of what each step has of the batch, and returns what they are lists of. */
    private static List<Value> writeBatch(ScriptWriter writer, StepTrace trace, Program program) {
        writer.line("count = batch[0].size(0)");
        List<Value> all = new ArrayList<>(trace.batch());
        for (int i = 0; i < all.size(); i++) {
            writer.line("whole_" + all.get(i) + " = batch[" + i + "]");
        }
        for (Program.BatchView view : program.batch) {
            String sizes = Literal.of(view.value().shape);
            String how =
                    view.type() == null
                            ? "reshape(whole_" + view.of() + ", [count" + rest(sizes) + ")"
                            : "to(whole_" + view.of() + ", " + view.type() + ")";
            writer.line("whole_" + view.value() + " = torch." + how);
            all.add(view.value());
        }
        Set<Value> read = new HashSet<>(program.results);
        program.step.forEach(line -> read.addAll(line.operands()));
        all.removeIf(value -> !read.contains(value));
        for (Value value : all) {
            writer.line("all_" + value + " = torch.unbind(whole_" + value + ", 0)");
        }
        return all;
    }

    private static String rest(String sizes) {
        return (sizes.length() > 2 ? ", " : "") + sizes.substring(1);
    }

    /** The place of the line that computes a value, or -1. */
    private static int lastOf(List<Line> lines, Value value) {
        int place = lines.size() - 1;
        while (place >= 0 && !lines.get(place).results().contains(value)) {
            place--;
        }
        return place;
    }

    /**
     * Does as many steps as there are numbers for, and returns the losses, and after them the norm
     * of the gradients of the last step.
     */
    double[] steps(NDList batch, NDList states, double[] numbers) {
        List<@Nullable Object> all = lists(batch);
        all.addAll(arguments.groups(parameters.trainedArrays(), states));
        all.add(numbers);
        try (NDArray losses = call(all).head()) {
            return losses.toDoubleArray();
        }
    }

    /** Returns the loss, the predictions and the gradients of one batch. */
    NDList gradients(NDList batch) {
        return call(lists(batch));
    }

    private List<@Nullable Object> lists(NDList batch) {
        return new ArrayList<>(
                List.of(
                        batch,
                        arguments.of(1, parameters.trainedArrays()),
                        arguments.of(2, parameters.otherArrays()),
                        arguments.of(3, captured)));
    }

    private NDList call(List<@Nullable Object> all) {
        boolean before = JniUtils.isGradMode();
        JniUtils.setGradMode(recorded);
        try {
            return function.call(all.toArray());
        } finally {
            JniUtils.setGradMode(before);
        }
    }

    /** How many arrays the block returns. */
    int predictions() {
        return predictions;
    }

    @Override
    public String text() {
        return text;
    }

    @Override
    public void close() {
        arguments.close();
        script.close();
        owned.close();
    }
}
