/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A fenced block of a page, with the comments on the lines before it, which say how it is tested:
 *
 * <ul>
 *   <li>{@code <!-- not run: REASON -->}: commands that are parsed, and not run, but those whose
 *       reason begins with {@code takes}, as in "takes a minute", are with {@code
 *       -Ddocs.long=true};
 *   <li>{@code <!-- exit 2 -->}: the exit code of the commands, 0 without it;
 *   <li>{@code <!-- output -->}: what the last block of commands prints. A line {@code ...} stands
 *       for any lines, and {@code ...} in a line for anything in it;
 *   <li>{@code <!-- output of: COMMAND -->}: what this command prints.
 * </ul>
 *
 * @param page the page
 * @param line the line of the fence
 * @param language what stands after the fence
 * @param text what is between the fences
 * @param comments the comments before it
 */
record Fence(Page page, int line, String language, String text, List<String> comments) {

    private static final String NOT_RUN = "not run:";
    private static final String OUTPUT = "output";
    private static final String OUTPUT_OF = "output of:";
    private static final String EXIT = "exit ";
    private static final List<String> SHELL = List.of("sh", "bash", "shell", "console");

    // What the first line of a block without a language begins with, if it is a command.
    private static final Pattern COMMAND =
            Pattern.compile(
                    "([A-Z_]+=\\S+ |taskset |time |nice )*(\\./\\w|mvn |java |jshell |git |cd ).*");

    boolean isShell() {
        return SHELL.contains(language)
                || (language.isEmpty()
                        && !isOutput()
                        && COMMAND.matcher(text.lines().findFirst().orElse("")).matches());
    }

    boolean isOutput() {
        return comments.contains(OUTPUT) || outputOf().isPresent();
    }

    /** Returns the command whose output this is, where a comment names one. */
    Optional<String> outputOf() {
        return after(OUTPUT_OF);
    }

    /** Returns why the commands are not run. */
    Optional<String> notRun() {
        return after(NOT_RUN);
    }

    int exitCode() {
        return after(EXIT).map(Integer::parseInt).orElse(0);
    }

    private Optional<String> after(String prefix) {
        return comments.stream()
                .filter(c -> c.startsWith(prefix))
                .map(c -> c.substring(prefix.length()).strip())
                .findFirst();
    }

    /** Returns what is wrong with the comments. */
    List<String> mistakes() {
        return comments.stream()
                .filter(
                        c ->
                                // The latter two are for the test of the pages' code.
                                !c.equals(OUTPUT)
                                        && !c.matches(
                                                "(not run|output of|from|run): *\\S.*|exit \\d+"))
                .map(
                        c ->
                                at()
                                        + ": the comment before a fence must be \"not run:"
                                        + " REASON\", \"exit N\", \"output\" or \"output of:"
                                        + " COMMAND\", but is \""
                                        + c
                                        + "\"")
                .toList();
    }

    /** Returns the commands, each with the line that it begins in. */
    List<ShellCommand> commands() {
        return ShellCommand.split(text, line + 1);
    }

    String at() {
        return page.at(line);
    }
}
