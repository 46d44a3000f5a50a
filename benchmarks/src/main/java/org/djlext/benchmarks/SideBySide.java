/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.model.ModelType;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Training steps beside PyTorch's: from the same weights on the same batches, in turns, one thread
 * each. The losses are compared first; where they differ the exit code is 1.
 *
 * <p>Without a Python that has torch it runs our side, and says so.
 */
@Command(
        name = "SideBySide",
        description = "Runs training steps here and in PyTorch in turns, and compares.")
final class SideBySide extends Benchmark {

    private static final int QUICK = 10;
    private static final String SDPA = "sdpa";
    private static final String COMPILED = "compiled-"; // of variants under torch.compile

    @Option(
            names = "--quick",
            description =
                    "three rounds of fewer steps, in two minutes; for a check, not for figures")
    private boolean quick;

    @Mixin private RoundsOption rounds = new RoundsOption();

    @Mixin private PythonOption python = new PythonOption();

    @Option(
            names = "--data",
            paramLabel = "FILE",
            description =
                    "the names; default names.txt where MAKEMORE_DATA has it, else those that"
                            + " come with it")
    private @Nullable Path data;

    @Option(names = "--case", description = "only this case; may be given more than once")
    private List<String> only = new ArrayList<>();

    public static void main(String... args) {
        main(new SideBySide(), args);
    }

    @Override
    boolean run() throws IOException {
        try (Scratch scratch = Scratch.create("side-by-side");
                NDManager manager = NDManager.newBaseManager();
                PythonProcess torch = python.start(out(), "steps.py", scratch.folder())) {
            NamesCorpus names = data == null ? names() : NamesCorpus.of(Names.read(data));
            return run(new StepCases(manager, names, scratch.folder()), torch);
        }
    }

    private boolean run(StepCases cases, @Nullable PythonProcess torch) {
        boolean same = true;
        for (StepCase stepCase : all(cases)) {
            List<Side> sides = new ArrayList<>(stepCase.ours());
            if (torch != null) {
                stepCase.variants().stream()
                        .filter(name -> python.withTorchCompile() || !name.startsWith(COMPILED))
                        .filter(name -> !name.equals(SDPA) || torch.hasSdpa(out()))
                        .forEach(name -> sides.add(pyTorch(stepCase, name, torch)));
            }
            same &= stepCase.compare(sides, quick ? 3 : rounds.count(), out());
        }
        return same;
    }

    private static Side pyTorch(StepCase stepCase, String variant, PythonProcess torch) {
        String format = "%s %s %d %%d %d";
        String command =
                format.formatted(stepCase.name(), variant, stepCase.batchSize(), StepCases.SEED);
        return new Side(
                "PyTorch, " + variant,
                stepCase.ours().get(0).steps(),
                n -> torch.ask(command.formatted(n)));
    }

    private List<StepCase> all(StepCases cases) {
        int part = quick ? QUICK : 1;
        List<StepCase> all = new ArrayList<>();
        add(all, "mlp-32-200", () -> cases.mlp(32, 200, 3000 / part));
        add(all, "mlp-512-200", () -> cases.mlp(512, 200, 400 / part));
        if (!quick) {
            add(all, "mlp-512-1024", () -> cases.mlp(512, 1024, 50));
            add(all, "mlp-4096-1024", () -> cases.mlp(4096, 1024, 10));
        }
        add(all, "deep", () -> cases.network(ModelType.DEEP, 1000 / part));
        add(all, "wavenet", () -> cases.network(ModelType.WAVENET, 1000 / part));
        add(all, "transformer", () -> cases.makemore(ModelType.TRANSFORMER, 100 / part));
        for (ModelType type : List.of(ModelType.RNN, ModelType.GRU, ModelType.BOW)) {
            add(all, type.toString(), () -> cases.makemore(type, 300 / part));
        }
        return all;
    }

    private void add(List<StepCase> all, String name, Supplier<StepCase> make) {
        if (only.isEmpty() || only.contains(name)) {
            all.add(make.get());
        }
    }
}
