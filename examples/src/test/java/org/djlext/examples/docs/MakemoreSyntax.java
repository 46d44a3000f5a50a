/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.djlext.examples.cli.Makemore;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Holds what the pages say of makemore's options against the options that there are. */
final class MakemoreSyntax {

    private static final List<String> PROGRAM = List.of("makemore", "makemore.jar");

    private MakemoreSyntax() {}

    private static CommandLine commandLine() {
        return Makemore.commandLine().setCaseInsensitiveEnumValuesAllowed(true);
    }

    /** Parses a call, all of it, and says what is wrong. */
    static Optional<String> mistake(List<String> args) {
        try {
            commandLine().parseArgs(args.toArray(String[]::new));
            return Optional.empty();
        } catch (ParameterException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Looks at a code span such as {@code train --model MODEL}, which need not be a whole call: its
     * command must exist and have the options.
     *
     * @return what is wrong; empty also for a span that is no call of makemore
     */
    static Optional<String> mistakeInSpan(String span) {
        List<String> words = new ArrayList<>(new ShellCommand(0, span).words());
        boolean named = !words.isEmpty() && PROGRAM.contains(words.get(0));
        if (named) {
            words.remove(0);
        }
        CommandLine command = commandLine();
        int depth = 0;
        while (depth < words.size() && command.getSubcommands().containsKey(words.get(depth))) {
            command = command.getSubcommands().get(words.get(depth));
            depth++;
        }
        if (depth == 0 && !named) {
            return Optional.empty();
        }
        if (depth == 0 && !words.isEmpty() && !words.get(0).startsWith("-")) {
            return Optional.of("makemore has no command " + words.get(0));
        }
        for (String word : words.subList(depth, words.size())) {
            String option = word.split("=", 2)[0];
            if (option.matches("--[a-z].*")
                    && command.getCommandSpec().findOption(option) == null) {
                return Optional.of(
                        command.getCommandSpec().qualifiedName() + " has no option " + option);
            }
        }
        return Optional.empty();
    }
}
