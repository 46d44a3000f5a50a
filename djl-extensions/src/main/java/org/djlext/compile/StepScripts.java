/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.djlext.torch.ops.Reductions;
import org.jspecify.annotations.Nullable;

/** Writes the scripts of a step: many of them in a call, or one in two calls. */
final class StepScripts {

    private StepScripts() {}

    /**
     * Compiles many steps, which are given numbers for each and return the losses, and after them
     * the norm of the gradients of the last step.
     *
     * @param trace a step
     * @param update how parameters are updated
     * @param maxNorm the largest norm of all gradients together, or null for any
     * @param passes what makes the steps faster
     * @param ranks whose gradients are reduced in each step, or null for this process alone
     */
    static LineScript ofSteps(
            Trace trace,
            StepUpdate update,
            @Nullable Double maxNorm,
            List<Pass> passes,
            @Nullable DataParallel ranks) {
        Program program = trace.program();
        List<Value> states = values("s", update.states(), Value.Origin.PARAMETER);
        addUpdate(trace, program, update, states, maxNorm, ranks);
        passes.forEach(pass -> pass.apply(program));
        List<Line.Group> groups = Line.Group.of(program.step);
        ScriptWriter writer = new ScriptWriter();
        writeSteps(writer, program, groups, update.numbers());
        List<Value> updated = new ArrayList<>(program.trained);
        updated.addAll(states);
        String text = Reductions.GLOBAL_NORM + "\n" + program.functions + writer;
        return new LineScript("steps", text, program, groups, updated);
    }

    /** Compiles the loss, the predictions and the gradients of a batch. */
    static LineScript ofGradients(Trace trace) {
        Program program = trace.program();
        List<Value> gradients = gradients(program);
        UpdateLines lines = new UpdateLines();
        List<Value> dense = lines.dense(gradients, program);
        program.step.addAll(lines.lines());
        gradients.clear();
        program.results.addAll(dense);
        return ofOneStep("gradients", program);
    }

    /** Compiles what lines compute of what they are given, in one call. */
    static LineScript ofOneStep(String name, Program program) {
        Pass.ONE_STEP.forEach(pass -> pass.apply(program));
        ScriptWriter writer = new ScriptWriter();
        writer.begin(name, LineScript.LISTS);
        unpack(writer, program);
        writer.unpack(program.inputs, "batch");
        writer.lines(program.before);
        writer.lines(program.step);
        writer.line("return " + ScriptWriter.list(program.results));
        return new LineScript(name, program.functions + writer, program, List.of(), List.of());
    }

    /** Compiles the update of all parameters by gradients that are given. */
    static LineScript ofUpdate(NDList parameters, StepUpdate update) {
        List<Value> updated = values("p", parameters, Value.Origin.PARAMETER);
        List<Value> gradients = values("g", parameters, Value.Origin.RESULT);
        List<Value> states = values("s", update.states(), Value.Origin.PARAMETER);
        UpdateLines lines = new UpdateLines();
        lines.update(update, updated, gradients, states);
        updated.addAll(states);
        Program program = new Program(lines.lines(), List.of());
        List<Line.Group> groups = Line.Group.of(program.step);
        ScriptWriter writer = new ScriptWriter();
        writer.begin("update", signature(groups));
        writeNumbers(writer, update.numbers(), "0");
        writer.unpack(gradients, "batch");
        writer.lines(program.step);
        writer.line("return None");
        return new LineScript("update", writer.toString(), program, groups, updated);
    }

    /** Returns values for arrays: p0, p1, .. */
    private static List<Value> values(String letter, NDList arrays, Value.Origin origin) {
        List<Value> values = new ArrayList<>();
        for (NDArray array : arrays) {
            values.add(new Value(letter + values.size(), array, origin, false));
        }
        return values;
    }

    private static List<String> signature(List<Line.Group> groups) {
        List<String> signature = new ArrayList<>(LineScript.LISTS);
        signature.addAll(Line.Group.signature(groups));
        signature.add("numbers: List[float]");
        return signature;
    }

    private static void writeNumbers(ScriptWriter writer, List<String> numbers, String step) {
        for (int k = 0; k < numbers.size(); k++) {
            String place = "%s * %s + %s".formatted(step, numbers.size(), k);
            writer.line(numbers.get(k) + " = numbers[" + place + "]");
        }
    }

    /**
     * Appends clipping and update to a step, which has the loss alone as its result from then on.
     */
    private static void addUpdate(
            Trace trace,
            Program program,
            StepUpdate update,
            List<Value> states,
            @Nullable Double maxNorm,
            @Nullable DataParallel ranks) {
        List<Value> results = program.results;
        List<Value> gradients = gradients(program);
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
        lines.lines().add(Line.noteNorm(dense));
        lines.update(
                update,
                program.trained,
                maxNorm == null ? dense : lines.clipNorm(dense, maxNorm),
                states);
        program.step.addAll(lines.lines());
        program.step.addAll(changes);
        results.subList(1, results.size()).clear();
    }

    /** The results that are gradients. */
    private static List<Value> gradients(Program program) {
        int end = program.results.size();
        return program.results.subList(end - program.trained.size(), end);
    }

    private static void unpack(ScriptWriter writer, Program program) {
        writer.unpack(program.trained, "p");
        writer.unpack(program.others, "q");
        writer.unpack(program.captured, "a");
    }

    private static void writeSteps(
            ScriptWriter writer, Program program, List<Line.Group> groups, List<String> numbers) {
        writer.begin("steps", signature(groups));
        unpack(writer, program);
        List<Value> batch = writeBatch(writer, program);
        writer.line("device = p0.device");
        writer.lines(program.before);
        writer.line("losses = annotate(List[float], [])");
        writer.line(Line.NORM + " = float('nan')");
        writer.beginBlock("for i in range(count):");
        writeNumbers(writer, numbers, "i");
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
    private static List<Value> writeBatch(ScriptWriter writer, Program program) {
        writer.line("count = batch[0].size(0)");
        List<Value> all = new ArrayList<>(program.inputs);
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
}
