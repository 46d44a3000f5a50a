/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.time.Duration;
import org.djlext.distributed.ProcessGroup;
import org.djlext.makemore.train.TrainingRanks;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The options for training in several processes. What is not given is taken from the environment,
 * where torchrun and {@code makemore launch} put it.
 */
@SuppressWarnings("NullAway.Init") // picocli sets the spec
final class DistributedOptions {

    @Option(names = "--world-size", paramLabel = "N", defaultValue = "${env:WORLD_SIZE}")
    private @Nullable Integer worldSize;

    @Option(names = "--rank", paramLabel = "R", defaultValue = "${env:RANK}")
    private @Nullable Integer rank;

    @Option(
            names = "--master",
            paramLabel = "HOST:PORT",
            defaultValue = "${env:MASTER_ADDR:-127.0.0.1}:${env:MASTER_PORT:-29500}")
    private String master = "";

    @Option(names = "--sync-batch-norm")
    private boolean syncBatchNorm;

    @Option(names = "--average-every", paramLabel = "K")
    private int averageEvery = 1;

    @Option(names = "--rank-timeout", paramLabel = "SECONDS")
    private int timeout = 1800;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    /** Tells whether what launched this process has started it again after a failure. */
    static boolean isRestarted() {
        return !System.getenv().getOrDefault(LaunchCommand.RESTARTS, "0").equals("0");
    }

    /** Returns what tells this launch of all processes, restarts included, from others. */
    static String launch() {
        return System.getenv().getOrDefault(LaunchCommand.RUN_ID, "");
    }

    /** Joins the other processes, which returns when all are there. */
    TrainingRanks join() {
        if (worldSize == null) {
            Mistake.ifGiven(
                    spec,
                    "for one process; give --world-size too, or start several with makemore launch",
                    "--rank",
                    "--master",
                    "--rank-timeout",
                    "--sync-batch-norm",
                    "--average-every");
            return TrainingRanks.ALONE;
        }
        if (rank == null) {
            throw new Mistake("--rank must be given with --world-size");
        }
        int processes = worldSize;
        int own = rank;
        Duration longest = Duration.ofSeconds(Mistake.atLeast("--rank-timeout", timeout, 1));
        TrainingRanks options =
                Mistake.unless(() -> new TrainingRanks(null, syncBatchNorm, averageEvery));
        if (processes == 1 && own == 0) {
            return TrainingRanks.ALONE;
        }
        return options.withGroup(
                Mistake.unless(() -> ProcessGroup.init(master, own, processes, longest)));
    }
}
