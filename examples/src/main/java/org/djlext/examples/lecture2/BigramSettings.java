/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture2;

import org.djlext.makemore.model.BigramNet;
import org.djlext.makemore.train.Gradients;

import picocli.CommandLine.Option;

import java.util.List;

/** What can be set, as options of the command line; the defaults are the lecture's. */
public final class BigramSettings {

    static final long SEED = 2147483647L;

    @Option(
            names = "--word",
            paramLabel = "WORD",
            split = ",",
            description = "loss: words whose loss is wanted (default: andrej,andrejq).")
    List<String> words = List.of("andrej", "andrejq");

    @Option(
            names = "--num-samples",
            paramLabel = "N",
            description = "sampling, training: how many names (default: ${DEFAULT-VALUE}).")
    int count = 10;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description =
                    "sampling, onehot, net, training, equivalence: the seed of weights and names"
                            + " (default: ${DEFAULT-VALUE}).")
    long seed = SEED;

    @Option(
            names = "--max-steps",
            paramLabel = "N",
            description = "training, equivalence: how many steps (default: ${DEFAULT-VALUE}).")
    int steps = 200;

    @Option(
            names = {"--lr", "--learning-rate"},
            paramLabel = "X",
            description = "training, equivalence: the learning rate (default: ${DEFAULT-VALUE}).")
    double rate = 50;

    @Option(
            names = "--penalty",
            paramLabel = "X",
            description = "training: the factor of mean(W^2) (default: ${DEFAULT-VALUE}).")
    double penalty = 0.01;

    @Option(
            names = "--rows",
            paramLabel = "WAY",
            description = "training, equivalence: one_hot or look_up (default).")
    BigramNet.Rows rows = BigramNet.Rows.LOOK_UP;

    @Option(
            names = "--gradients",
            paramLabel = "WAY",
            description =
                    "training, equivalence: the engine's autograd (default), or manual for the"
                            + " hand-written operations.")
    Gradients gradients = Gradients.ENGINE;

    /** Creates the lecture's settings; picocli reads others. */
    public BigramSettings() {}

    /**
     * Refuses what makes no sense.
     *
     * @throws IllegalArgumentException if an option has a value that cannot be used
     */
    public void check() {
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
