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
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Training steps in our own loop, by DJL's EasyTrain and in PyTorch, and the tokens that a GPT
 * draws: from the same weights on the same batches, in turns, one thread each. The losses are
 * compared first; where they differ the exit code is 1.
 *
 * <p>Without a Python that has torch it runs our side, and says so.
 */
@Command(name = "SideBySide")
final class SideBySide extends Benchmark {

    @Mixin private Turns turns = new Turns();

    @Mixin private PythonOption python = new PythonOption();

    @Option(names = "--no-torch-compile")
    private boolean eagerOnly;

    @Option(names = "--data", paramLabel = "FILE")
    private @Nullable Path data;

    @Option(names = "--case")
    private List<String> only = new ArrayList<>();

    public static void main(String... args) {
        main(new SideBySide(), args);
    }

    @Override
    boolean run() throws IOException {
        try (Scratch scratch = Scratch.create("side-by-side");
                NDManager manager = NDManager.newBaseManager();
                PythonProcess torch = python.start(out(), "steps.py", scratch.folder())) {
            if (torch != null && eagerOnly) {
                torch.leaveOut("compiled-");
            }
            NamesCorpus names = data == null ? names() : NamesCorpus.of(Names.read(data));
            Map<String, Supplier<Comparison>> all =
                    new StepCases(manager, names, scratch.folder(), turns, torch).all();
            boolean same = true;
            for (String name : choose("--case", only, all.keySet())) {
                same &= Objects.requireNonNull(all.get(name)).get().run(turns, out());
            }
            return same;
        }
    }
}
