/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.djlext.examples.lecture.Output;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which topic of a lecture a command runs, and where its pictures go. */
final class TopicOptions {

    private static final String ALL = "all";

    @Parameters(
            index = "0",
            defaultValue = ALL,
            paramLabel = "TOPIC",
            description = "One of the topics above, or all (default).")
    private String topic = ALL;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Puts pictures (PNG, graphs as SVG too) into this folder.")
    private @Nullable Path folder;

    /** Returns the name of the topic, or all. */
    String topic() {
        return topic;
    }

    /**
     * Runs the topic, or all of them with a heading each.
     *
     * @param command prints and draws
     * @param topics what there is
     * @param heading is printed first
     * @throws Mistake if there is no such topic, or the folder cannot be made
     */
    void run(
            MakemoreCommand command,
            Map<String, Consumer<Output>> topics,
            Consumer<Output> heading) {
        boolean all = topic.equals(ALL);
        if (!all && !topics.containsKey(topic)) {
            throw new Mistake(
                    "the topic must be one of %s, or all, but is '%s'",
                    String.join(", ", topics.keySet()), topic);
        }
        Output output = command.output(folder, "--out");
        heading.accept(output);
        topics.forEach(
                (name, run) -> {
                    if (all) {
                        output.line("%n--- %s", name);
                    }
                    if (all || topic.equals(name)) {
                        run.accept(output);
                    }
                });
    }
}
