/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.djlext.examples.lecture.Output;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which topic of a lecture a command runs, and where its pictures go. */
final class TopicOptions {

    private static final String ALL = "all";

    @Parameters(index = "0", defaultValue = ALL, paramLabel = "TOPIC", descriptionKey = "TOPIC")
    private String topic = ALL;

    @Option(names = "--out", paramLabel = "DIR")
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
        if (!all) {
            refuseUnused(command.spec, topics.keySet());
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
        command.remarkWithoutPictures(output, folder);
    }

    /**
     * Refuses options of other topics, which are those that the option's description begins with.
     */
    private void refuseUnused(CommandSpec spec, Set<String> topics) {
        for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
            String[] description = option.description()[0].split(": ", 2);
            List<String> users = List.of(description[0].split(", ", -1));
            if (topics.containsAll(users) && !users.contains(topic)) {
                throw new Mistake(
                        "%s changes nothing in %s; it is for %s",
                        option.longestName(), topic, description[0]);
            }
        }
    }
}
