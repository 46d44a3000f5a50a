/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.djlext.makemore.data.Names;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Whether the memory of the training mains grows: each is run in a process of its own, and its
 * resident memory at step 1,000 compared with that at the end. Where it has grown by more than 5 %
 * the exit code is 1. Linux only.
 *
 * <p>A heap of 64 MB is all in use soon, so that what grows later lies outside of it.
 *
 * <p>What the JVM's optimizing compiler works in is resident too: at step 1,000 it may be at the
 * height of its work, and then the end is lower. {@code benchmarks/results/README.md} says how to
 * read the table. The end of a run includes the evaluation after the last step.
 */
@Command(name = "MemoryOfTraining")
final class MemoryOfTraining extends Benchmark {

    private static final double ALLOWED_PERCENT = 5;
    private static final int WARM_STEPS = 1_000;
    private static final int SHORT = 4;

    @Option(names = "--jar")
    private Path jar = Path.of("examples/target/makemore.jar");

    @Option(names = "--steps")
    private int steps = 100_000;

    @Option(names = "--main", paramLabel = "NAME")
    private List<String> only = new ArrayList<>();

    @Option(names = "--java-option", paramLabel = "OPTION")
    private List<String> javaOptions = List.of("-Xmx64m");

    public static void main(String... args) {
        main(new MemoryOfTraining(), args);
    }

    @Override
    boolean run() throws InterruptedException {
        if (Double.isNaN(ResidentMemory.mebibytes("self", "VmRSS"))) {
            throw mistake("MemoryOfTraining reads /proc, which only Linux has");
        }
        if (!Files.exists(jar)) {
            throw mistake(jar + " is not there; build it with ./mvnw -DskipTests package");
        }
        if (steps <= WARM_STEPS) {
            throw mistake("--steps must be more than " + WARM_STEPS + ", but is " + steps);
        }
        Map<String, TrainingMain> mains = new LinkedHashMap<>();
        TrainingMain.all().forEach(main -> mains.put(main.name(), main));
        List<String> chosen = choose("--main", only, mains.keySet());
        boolean flat = true;
        try (Scratch scratch = Scratch.create("memory-of-training")) {
            // The networks that go over a name letter by letter take a step the sooner.
            Path shortNames = scratch.resolve("short-names.txt");
            Files.write(
                    shortNames,
                    Names.embedded().stream().filter(name -> name.length() <= SHORT).toList());
            out().head(
                            1,
                            "main | steps | at step 1,000, MiB | at the end, MiB | largest, MiB"
                                    + " | change | in the second half");
            for (String name : chosen) {
                TrainingMain main = Objects.requireNonNull(mains.get(name));
                Path folder = scratch.resolve(name.replace(' ', '-'));
                List<String> command = main.command(javaOptions, jar, steps, folder, shortNames);
                flat &= watch(main, new WatchedProcess(command, main.warm(), main.done()));
            }
        } catch (IOException e) {
            spec.commandLine().getErr().println(e.getMessage());
            return false;
        }
        return flat;
    }

    private boolean watch(TrainingMain main, WatchedProcess process)
            throws IOException, InterruptedException {
        WatchedProcess.Memory memory = process.run();
        out().line(
                        "| `%s` | %,d | %.1f | %.1f | %.1f | %+.1f %% | %+.1f %% |",
                        String.join(" ", main.arguments()),
                        steps,
                        memory.atStart(),
                        memory.atEnd(),
                        memory.largest(),
                        memory.changePercent(),
                        memory.laterChangePercent());
        return memory.changePercent() <= ALLOWED_PERCENT; // false also for NaN
    }
}
