/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.model.ModelType;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Training steps beside PyTorch's: from the same weights on the same batches, in turns, one thread
 * each. The losses are compared first; where they differ the exit code is 1.
 *
 * <pre>{@code
 * ./mvnw -q -DskipTests package
 * OMP_NUM_THREADS=1 taskset -c 1 java -Dai.djl.pytorch.num_threads=1 \
 *     -cp "benchmarks/target/benchmarks.jar:benchmarks/target/lib/*" \
 *     org.djlext.benchmarks.SideBySide
 * }</pre>
 *
 * <p>Without a Python that has torch it runs our side, and says so.
 */
@Command(
        name = "SideBySide",
        description = "Runs training steps here and in PyTorch in turns, and compares.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the spec
public final class SideBySide implements Callable<Integer> {

    private static final int QUICK = 10;
    private static final String COMPILED = "compiled-"; // of variants under torch.compile

    @Spec private CommandSpec spec;

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

    /** Creates the command; its options are read by picocli. */
    public SideBySide() {}

    /**
     * Runs the benchmark.
     *
     * @param args the options
     */
    public static void main(String... args) {
        System.exit(new CommandLine(new SideBySide()).execute(args));
    }

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        try (TemporaryFolder temporary = TemporaryFolder.create("side-by-side");
                NDManager manager = NDManager.newBaseManager()) {
            Path folder = temporary.path();
            StepCases cases = new StepCases(manager, NamesCorpus.of(names()), folder);
            try (PythonProcess torch = python.start(out, "steps.py", folder)) {
                return run(cases, torch, out);
            }
        }
    }

    private List<String> names() {
        if (data != null) {
            return Names.read(data);
        }
        return Names.LECTURES.findLocal().map(Names::read).orElseGet(Names::embedded);
    }

    private int run(StepCases cases, @Nullable PythonProcess torch, PrintWriter out) {
        boolean same = true;
        for (StepCase stepCase : all(cases)) {
            out.println();
            out.println("## " + stepCase.title());
            out.println();
            out.flush();
            List<Side> sides = new ArrayList<>(stepCase.ours());
            if (torch != null) {
                stepCase.variants().stream()
                        .filter(name -> python.withTorchCompile() || !name.startsWith(COMPILED))
                        .forEach(name -> sides.add(pyTorch(stepCase, name, torch)));
            }
            same &= new StepComparison(stepCase, sides, quick ? 3 : rounds.count(), out).run();
            out.flush();
        }
        return same ? 0 : 1;
    }

    private static Side pyTorch(StepCase stepCase, String variant, PythonProcess torch) {
        return new Side(
                "PyTorch, " + variant,
                n ->
                        torch.ask(
                                String.format(
                                        Locale.ROOT,
                                        "%s %s %d %d %d",
                                        stepCase.name(),
                                        variant,
                                        stepCase.batchSize(),
                                        n,
                                        StepCases.SEED)),
                false);
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
        add(all, "transformer", () -> cases.transformer(100 / part));
        return all;
    }

    private void add(List<StepCase> all, String name, java.util.function.Supplier<StepCase> make) {
        if (only.isEmpty() || only.contains(name)) {
            all.add(make.get());
        }
    }
}
