/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * A command as a page prints it.
 *
 * @param line the line that it begins in
 * @param text the command, with line breaks where it has them
 */
record ShellCommand(int line, String text) {

    private static final String JAR = "examples/target/makemore.jar";
    private static final List<String> OPERATORS = List.of("|", "||", "&&", ";", "&");

    // Files that only the lectures have.
    private static final Pattern DATA =
            Pattern.compile(
                    ".*(--download|[\\s=](names|tinyshakespeare)\\.txt)\\b.*", Pattern.DOTALL);

    // What ends a word, a comment with it; or a part of one: quoted, escaped, or a character.
    private static final Pattern PART =
            Pattern.compile(
                    "(\\s+|(?<!\\S)#.*)|'([^']*)'|\"([^\"]*)\"|\\\\(.)|(.)", Pattern.DOTALL);

    /** Splits a block into commands; a backslash at the end of a line continues it. */
    static List<ShellCommand> split(String block, int firstLine) {
        List<ShellCommand> commands = new ArrayList<>();
        StringBuilder command = new StringBuilder();
        int begin = firstLine;
        int line = firstLine;
        for (String text : block.split("\n", -1)) {
            if (command.isEmpty()) {
                begin = line;
            }
            command.append(text);
            if (text.endsWith("\\")) {
                command.append('\n');
            } else {
                String whole = command.toString().strip();
                if (!whole.isEmpty() && !whole.startsWith("#")) {
                    commands.add(new ShellCommand(begin, whole));
                }
                command.setLength(0);
            }
            line++;
        }
        return commands;
    }

    /** Whether it needs a file of the lectures, from the network or from this machine. */
    boolean needsData() {
        return DATA.matcher(text).matches();
    }

    boolean isMaven() {
        return text.startsWith("./mvnw") || text.startsWith("mvn ");
    }

    /** Returns the arguments of each call of makemore in it, mostly one. */
    List<List<String>> makemoreCalls() {
        List<List<String>> calls = new ArrayList<>();
        for (List<String> words : simpleCommands()) {
            int jar = words.indexOf(JAR);
            if (jar > 0 && words.get(jar - 1).equals("-jar")) {
                calls.add(words.subList(jar + 1, words.size()));
            }
        }
        return calls;
    }

    /** Returns the words of each simple command of a line such as {@code a | b && c > file}. */
    List<List<String>> simpleCommands() {
        List<List<String>> commands = new ArrayList<>();
        List<String> words = new ArrayList<>();
        boolean redirected = false;
        for (String word : words()) {
            if (OPERATORS.contains(word)) {
                commands.add(words);
                words = new ArrayList<>();
            } else if (word.matches("\\d?>>?|<")) {
                redirected = true;
            } else if (redirected) {
                redirected = false; // the file
            } else {
                words.add(word);
            }
        }
        commands.add(words);
        return commands;
    }

    /** Splits into words as a shell does: quotes, backslashes, and a comment at the end. */
    List<String> words() {
        List<String> words = new ArrayList<>();
        StringBuilder word = null;
        String oneLine = text.replace("\\\n", "") + " ";
        for (MatchResult part : PART.matcher(oneLine).results().toList()) {
            if (part.group(1) == null) {
                word = word == null ? new StringBuilder() : word;
                for (int group = 2; group <= part.groupCount(); group++) {
                    word.append(Objects.requireNonNullElse(part.group(group), ""));
                }
            } else if (word != null) {
                words.add(word.toString());
                word = null;
            }
        }
        return words;
    }
}
