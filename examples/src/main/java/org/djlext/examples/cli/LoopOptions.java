/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import picocli.CommandLine.Option;

/** How long a lecture's own loop trains, and on what; each command has defaults of its own. */
final class LoopOptions {

    @Option(names = "--max-steps", paramLabel = "N")
    private int steps;

    @Option(names = "--batch-size", paramLabel = "N")
    private int batchSize;

    @Option(names = "--seed", paramLabel = "N")
    private long seed = 2147483647L;

    LoopOptions(int steps, int batchSize) {
        this.steps = steps;
        this.batchSize = batchSize;
    }

    int steps(int least) {
        return Mistake.atLeast("--max-steps", steps, least);
    }

    int batchSize(int least) {
        return Mistake.atLeast("--batch-size", batchSize, least);
    }

    long seed() {
        return seed;
    }
}
