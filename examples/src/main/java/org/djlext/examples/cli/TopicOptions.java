/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.djlext.examples.lecture.Output;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Which topic of a lecture a command runs, and where its pictures go. */
@SuppressWarnings("NullAway.Init") // picocli sets the spec
final class TopicOptions {

    private static final String ALL = "all";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

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

    /**
     * Checks the topic and prepares the folder.
     *
     * @param topics the names of the topics that there are
     * @return where to print and draw
     * @throws ParameterException if there is no such topic, or no such folder can be made
     */
    Output open(Set<String> topics) {
        if (!topic.equals(ALL) && !topics.contains(topic)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "There is no topic '%s'; there are %s, and all."
                            .formatted(topic, String.join(", ", topics)));
        }
        return new Output(
                System.out, folder == null ? null : PictureFolder.prepare(folder, "--out", spec));
    }

    /** Returns the name of the topic, or all. */
    String topic() {
        return topic;
    }

    /** Runs the topic, or all of them with a heading each. */
    void run(Map<String, Consumer<Output>> topics, Output output) {
        topics.forEach(
                (name, run) -> {
                    if (topic.equals(ALL)) {
                        output.line("%n--- %s", name);
                    }
                    if (topic.equals(ALL) || topic.equals(name)) {
                        run.accept(output);
                    }
                });
    }
}
