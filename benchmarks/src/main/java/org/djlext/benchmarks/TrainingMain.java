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

/**
 * A training main, with sizes that make a hundred thousand steps a matter of a minute or two.
 *
 * @param name what is trained
 * @param arguments the arguments, but for the number of steps, the folder and the names
 * @param warm a line that says step 1,000 is reached, or the first step after it that is told
 * @param done a line that says all steps are done
 */
record TrainingMain(String name, List<String> arguments, Pattern warm, Pattern done) {

    private static final String SMALL = "--n-embd 8 --batch-size 4 ";
    private static final String HIDDEN = SMALL + "--n-embd2 16 ";

    /** Returns all of them. */
    static List<TrainingMain> all() {
        return List.of(
                main("ninja", "^ +10000/", "batch norm calibrated"), // silent at step 1,000
                main("micrograd moons", "^step 1000 ", "^afterwards"),
                main("bigram training", "^step 1000:", "^after [0-9]+ steps"),
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
                train("gpt", SMALL + "--n-layer 1 --n-head 2 --block-size 8 --eval-iters 1"));
    }

    private static TrainingMain main(String words, String warm, String done) {
        return new TrainingMain(words, words(words), Pattern.compile(warm), Pattern.compile(done));
    }

    private static TrainingMain train(String type, String sizes) {
        String intervals = "train --save-interval 1000 --eval-interval 1000 --model ";
        return new TrainingMain(
                "train " + type,
                words(intervals + type + " " + sizes),
                Pattern.compile("^ +1000/"),
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
            command.addAll(List.of("--data", shortNames.toString()));
        }
        return command;
    }
}
