/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.util.List;
import org.djlext.examples.lecture2.BigramSettings;
import org.djlext.examples.lecture2.Lecture2;
import org.djlext.makemore.model.BigramNet;
import org.djlext.makemore.train.Gradients;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The second lecture on the command line: {@code bigram matrix --out pictures}. */
@Command(
        name = "bigram",
        description = {
            "Runs a topic of the second lecture: bigrams, counted and learnt.",
            "Topics: names, dictionary, tensors, matrix, draws, sampling, broadcasting, loss,"
                    + " onehot, net, training, equivalence, contexts."
        })
final class BigramCommand extends MakemoreCommand {

    @Mixin private DataOptions data = new DataOptions();

    @Mixin private TopicOptions topicOptions = new TopicOptions();

    @Option(
            names = "--word",
            paramLabel = "WORD",
            defaultValue = "andrej,andrejq",
            split = ",",
            description = "loss: words whose loss is wanted (default: ${DEFAULT-VALUE}).")
    private List<String> words = List.of();

    @Option(
            names = "--num-samples",
            paramLabel = "N",
            defaultValue = "10",
            description = "sampling, training: how many names (default: ${DEFAULT-VALUE}).")
    private int count;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "2147483647",
            description = "the seed of weights and names (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--max-steps",
            paramLabel = "N",
            defaultValue = "200",
            description = "training, equivalence: how many steps (default: ${DEFAULT-VALUE}).")
    private int steps;

    @Option(
            names = {"--lr", "--learning-rate"},
            paramLabel = "X",
            defaultValue = "50",
            description = "training, equivalence: the learning rate (default: ${DEFAULT-VALUE}).")
    private double rate;

    @Option(
            names = "--penalty",
            paramLabel = "X",
            defaultValue = "0.01",
            description = "training: the factor of mean(W^2) (default: ${DEFAULT-VALUE}).")
    private double penalty;

    @Option(
            names = "--rows",
            paramLabel = "WAY",
            defaultValue = "look_up",
            description = "training: one_hot or look_up (default: ${DEFAULT-VALUE}).")
    private BigramNet.Rows rows = BigramNet.Rows.LOOK_UP;

    @Option(
            names = "--gradients",
            paramLabel = "WAY",
            defaultValue = "engine",
            description =
                    "training: the engine's autograd, or manual for the hand-written operations"
                            + " (default: ${DEFAULT-VALUE}).")
    private Gradients gradients = Gradients.ENGINE;

    @Override
    void run() {
        BigramSettings settings = checkedSettings();
        List<String> names = data.letters();
        topicOptions.run(
                Lecture2.topics(names, settings),
                output -> output.line("%d %s", names.size(), data.origin()));
    }

    private BigramSettings checkedSettings() {
        for (String word : words) {
            if (!word.matches("[a-z]+")) {
                throw new Mistake("--word takes the letters a to z, but got '" + word + "'.");
            }
        }
        if (count < 1) {
            throw new Mistake("--num-samples must be at least 1, but is " + count + ".");
        }
        if (steps < 1) {
            throw new Mistake("--max-steps must be at least 1, but is " + steps + ".");
        }
        if (!(rate > 0 && rate < Double.POSITIVE_INFINITY)) {
            throw new Mistake("--lr must be more than 0, but is " + rate + ".");
        }
        if (!(penalty >= 0 && penalty < Double.POSITIVE_INFINITY)) {
            throw new Mistake("--penalty must be 0 or more, but is " + penalty + ".");
        }
        return new BigramSettings(words, count, seed, steps, rate, penalty, rows, gradients);
    }
}
