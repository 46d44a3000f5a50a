/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.djlext.examples.report.ShutdownHook;
import org.djlext.makemore.launch.LocalRanks;
import org.djlext.makemore.launch.RankProcess;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code makemore launch}: runs a command in several processes of this machine, as torchrun does.
 * When one fails the others are ended too, and all can be started again, to resume from what was
 * saved last.
 */
@Command(name = "launch")
final class LaunchCommand extends MakemoreCommand {

    /** The variable that says how often all processes were started again, as torchrun's. */
    static final String RESTARTS = "TORCHELASTIC_RESTART_COUNT";

    /** The variable that tells a launch from others, its restarts included, as torchrun's. */
    static final String RUN_ID = "TORCHELASTIC_RUN_ID";

    private static final int MOST = 1024; // processes; more is a slip

    private static final Duration LONGEST_SAVE = Duration.ofSeconds(60);

    @Option(
            names = {"-n", "--nproc-per-node"},
            paramLabel = "N",
            required = true)
    private int processes;

    @Option(
            names = {"--restarts", "--max-restarts"},
            paramLabel = "M")
    private int restarts;

    @Parameters(arity = "1..*", paramLabel = "COMMAND", descriptionKey = "COMMAND")
    private List<String> command = new ArrayList<>();

    private final String runId = UUID.randomUUID().toString();

    private boolean isStopping;

    private int code = ExitCode.OK;

    @Spec
    void stopAtTheCommand(CommandSpec own) {
        own.parser().stopAtPositional(true); // what comes then is of the command
    }

    @Override
    void run() throws IOException, InterruptedException {
        Mistake.between("-n", processes, 1, MOST);
        Mistake.atLeast("--restarts", restarts, 0);
        if (!command.get(0).equals("train")) {
            throw new Mistake(
                    "launch starts processes that train together, but got %s; try launch -n 2"
                            + " train",
                    command.get(0));
        }
        for (int attempt = 0; ; attempt++) {
            RankProcess failed = attempt(attempt);
            if (failed == null) {
                code = ExitCode.OK;
                return;
            }
            code = failed.process().exitValue();
            // A mistake of the user would be made again.
            boolean isLast = attempt == restarts || code == ExitCode.USAGE || isStopping;
            String next = "; all are started again from the newest checkpoint, %d of %d";
            CommandLines.remark(
                    spec,
                    "%s ended with the exit code %d".formatted(failed, code)
                            + (isLast ? "" : next.formatted(attempt + 1, restarts)));
            if (isLast) {
                return;
            }
        }
    }

    @Override
    int exitCode() {
        return code;
    }

    /** Runs all ranks, and returns the one that is to blame if they failed. */
    private @Nullable RankProcess attempt(int attempt) throws IOException, InterruptedException {
        RankProcess.Program program =
                new RankProcess.Program(
                        Makemore.class.getName(),
                        command,
                        jvmOptions(),
                        Map.of(RESTARTS, String.valueOf(attempt), RUN_ID, runId));
        LocalRanks ranks = new LocalRanks(program, processes, this::print);
        // A polite signal is passed on, so that the run is saved.
        ShutdownHook hook = new ShutdownHook("end of ranks", () -> ranks.interrupt(LONGEST_SAVE));
        try (ranks;
                hook) {
            return ranks.await();
        } finally {
            isStopping = hook.isEnding();
        }
    }

    private void print(int rank, boolean isError, String line) {
        PrintWriter writer = isError ? err() : out();
        writer.println((rank == 0 ? "" : "rank " + rank + ": ") + line);
        writer.flush();
    }

    /** Returns the options that this JVM was given. */
    private static List<String> jvmOptions() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments();
    }
}
