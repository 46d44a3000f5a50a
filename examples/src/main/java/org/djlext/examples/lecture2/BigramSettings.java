/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture2;

import java.util.List;
import org.djlext.makemore.model.BigramNet;
import org.djlext.makemore.train.Gradients;
import picocli.CommandLine.Option;

/** What can be set, as options of the command line; the defaults are the lecture's. */
public final class BigramSettings {

    static final long SEED = 2147483647L;

    @Option(names = "--word", paramLabel = "WORD", split = ",")
    List<String> words = List.of("andrej", "andrejq");

    @Option(names = "--num-samples", paramLabel = "N")
    int count = 10;

    @Option(names = "--seed", paramLabel = "N")
    long seed = SEED;

    @Option(names = "--max-steps", paramLabel = "N")
    int steps = 200;

    @Option(
            names = {"--lr", "--learning-rate"},
            paramLabel = "X")
    double rate = 50;

    @Option(names = "--penalty", paramLabel = "X")
    double penalty = 0.01;

    @Option(names = "--rows", paramLabel = "WAY")
    BigramNet.Rows rows = BigramNet.Rows.LOOK_UP;

    @Option(names = "--gradients", paramLabel = "WAY")
    Gradients gradients = Gradients.ENGINE;

    /** Creates the lecture's settings; picocli reads others. */
    public BigramSettings() {}

    /** Refuses what makes no sense. */
    void check() {
        for (String word : words) {
            must(word.matches("[a-z]+"), "--word", "take the letters a to z", "'" + word + "'");
        }
        must(count >= 1, "--num-samples", "be at least 1", count);
        must(steps >= 1, "--max-steps", "be at least 1", steps);
        must(rate > 0 && rate < Double.POSITIVE_INFINITY, "--lr", "be more than 0", rate);
        boolean good = penalty >= 0 && penalty < Double.POSITIVE_INFINITY;
        must(good, "--penalty", "be 0 or more", penalty);
    }

    private static void must(boolean good, String option, String be, Object got) {
        if (!good) {
            throw new IllegalArgumentException(option + " must " + be + ", but is " + got);
        }
    }
}
