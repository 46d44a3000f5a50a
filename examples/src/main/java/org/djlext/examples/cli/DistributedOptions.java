/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.time.Duration;
import java.util.Map;
import org.djlext.distributed.ProcessGroup;
import org.djlext.makemore.train.TrainingRanks;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The options for training in several processes. What is not given is taken from the environment,
 * where torchrun and {@code makemore launch} put it.
 */
final class DistributedOptions {

    @Option(
            names = "--world-size",
            paramLabel = "N",
            description =
                    "how many processes train together, each with its part of every batch; default"
                            + " $WORLD_SIZE, or 1")
    private @Nullable String worldSize;

    @Option(
            names = "--rank",
            paramLabel = "R",
            description = "the number of this process, from 0; default $RANK")
    private @Nullable String rank;

    @Option(
            names = "--master",
            paramLabel = "HOST:PORT",
            description =
                    "a free port of rank 0's machine, open to whoever reaches it; default"
                            + " $MASTER_ADDR:$MASTER_PORT, or 127.0.0.1:29500, which is open to this"
                            + " machine alone")
    private @Nullable String master;

    @Option(
            names = "--sync-batch-norm",
            description =
                    "batch norm takes its statistics from the batches of all processes, not of each")
    private boolean syncBatchNorm;

    @Option(
            names = "--average-every",
            paramLabel = "K",
            description =
                    "each process takes K steps with gradients of its own, then parameters are"
                            + " averaged; default 1: gradients are, in each step")
    private int averageEvery = 1;

    @Option(
            names = "--rank-timeout",
            paramLabel = "SECONDS",
            description = "how long a process waits for another, default 1800")
    private int timeout = 1800;

    private final Map<String, String> environment = System.getenv();

    /** Tells whether what launched this process has started it again after a failure. */
    boolean isRestarted() {
        return !environment.getOrDefault(LaunchCommand.RESTARTS, "0").equals("0");
    }

    /** Returns what tells this launch of all processes, restarts included, from others. */
    String launch() {
        return environment.getOrDefault(LaunchCommand.RUN_ID, "");
    }

    /** Joins the other processes, which returns when all are there. */
    TrainingRanks join() {
        String size = given(worldSize, "WORLD_SIZE");
        if (size == null) {
            if (rank != null || master != null || syncBatchNorm || averageEvery != 1) {
                throw new Mistake(
                        "--rank, --master, --sync-batch-norm and --average-every are for several"
                                + " processes; give --world-size too, or start them with makemore"
                                + " launch");
            }
            return TrainingRanks.ALONE;
        }
        int processes = number("--world-size", size);
        int own = number("--rank", given(rank, "RANK"));
        if (processes == 1 && own == 0) {
            return TrainingRanks.ALONE;
        }
        Mistake.atLeast("--rank-timeout", timeout, 1);
        return Mistake.unless(
                () -> {
                    TrainingRanks options = new TrainingRanks(null, syncBatchNorm, averageEvery);
                    return options.withGroup(
                            ProcessGroup.init(
                                    address(), own, processes, Duration.ofSeconds(timeout)));
                });
    }

    private String address() {
        if (master != null) {
            return master;
        }
        return environment.getOrDefault("MASTER_ADDR", "127.0.0.1")
                + ":"
                + environment.getOrDefault("MASTER_PORT", "29500");
    }

    private @Nullable String given(@Nullable String option, String variable) {
        return option != null ? option : environment.get(variable);
    }

    private static int number(String option, @Nullable String value) {
        try {
            return Integer.parseInt(String.valueOf(value));
        } catch (NumberFormatException e) {
            throw new Mistake(
                    option
                            + (value == null
                                    ? " must be given with --world-size"
                                    : " must be a whole number, but is \"" + value + "\""));
        }
    }
}
