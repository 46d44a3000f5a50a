/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A training main, with sizes that make a hundred thousand steps a matter of a minute or two.
 *
 * @param name what is trained
 * @param arguments the arguments, but for the number of steps, the folder and the names
 * @param warm a line that says step 1,000 is reached; null where the checkpoint of that step says
 *     it
 * @param tenThousand a line that says step 10,000 is reached, where the warm line is that of step
 *     100 and step 1,000 has none; else null
 * @param done a line that says all steps are done
 */
record TrainingMain(
        String name,
        List<String> arguments,
        @Nullable Pattern warm,
        @Nullable Pattern tenThousand,
        Pattern done) {

    private static final String SMALL = "--n-embd 8 --batch-size 4 ";
    private static final String HIDDEN = SMALL + "--n-embd2 16 ";

    /** Returns all of them. */
    static List<TrainingMain> all() {
        return List.of(
                new TrainingMain(
                        "ninja",
                        words("ninja"),
                        Pattern.compile("worst of 100 steps"),
                        Pattern.compile("^ +10000/"),
                        Pattern.compile("batch norm calibrated")),
                new TrainingMain(
                        "micrograd moons",
                        words("micrograd moons"),
                        Pattern.compile("^step 1000 "),
                        null,
                        Pattern.compile("^afterwards")),
                new TrainingMain(
                        "bigram training",
                        words("bigram training"),
                        Pattern.compile("^step 1000:"),
                        null,
                        Pattern.compile("^after [0-9]+ steps")),
                train("mlp", ""),
                train("mlp-bn", ""),
                train("deep", "--n-embd2 20"),
                train("wavenet", "--n-embd 8 --n-embd2 16"),
                train("bigram", "--batch-size 4"),
                train("makemore-mlp", HIDDEN),
                train("bow", HIDDEN),
                train("transformer", SMALL + "--n-layer 1 --n-head 2"),
                train("rnn", HIDDEN),
                train("gru", HIDDEN),
                train(
                        "gpt",
                        SMALL
                                + "--n-layer 1 --n-head 2 --block-size 8 --eval-interval 1000"
                                + " --eval-iters 1"));
    }

    private static TrainingMain train(String type, String sizes) {
        return new TrainingMain(
                "train " + type,
                words("train --save-interval 1000 --model " + type + " " + sizes),
                null,
                null,
                Pattern.compile("^train +[0-9]"));
    }

    private static List<String> words(String line) {
        return List.of(line.strip().split(" +"));
    }

    /** Returns the whole command line, for a folder of its own. */
    List<String> command(
            List<String> javaOptions, Path jar, int steps, Path folder, Path shortNames) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(javaOptions);
        command.addAll(List.of("-jar", jar.toString()));
        command.addAll(arguments);
        command.addAll(List.of("--max-steps", Integer.toString(steps)));
        if (arguments.contains("train")) {
            command.addAll(List.of("--work-dir", folder.toString()));
        }
        if (arguments.contains("--model")) {
            command.addAll(List.of("--data", shortNames.toString()));
        }
        return command;
    }
}
