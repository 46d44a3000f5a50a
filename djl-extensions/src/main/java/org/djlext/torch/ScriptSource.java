/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A user's source, and what the engine gets in its place.
 *
 * <p>The engine reads the dialect that PyTorch writes into archives, which has no functions outside
 * of a class, no {@code math} and no names of data types. So functions become methods of one class,
 * and a few names are replaced. No line is added between two others, so that line numbers differ by
 * a constant, and {@link ScriptRewriter} knows what was replaced, so that columns can be found
 * again.
 */
final class ScriptSource {

    /** The method that is added to those of the user, and returns None. */
    static final String NONE = "djlext_none";

    private static final String HEADER =
            "class "
                    + ScriptArchive.CLASS_NAME
                    + "(Module):\n  __parameters__ = []\n  __buffers__ = []\n";
    private static final String FOOTER = "  def " + NONE + "(self) -> None:\n    return None\n";
    private static final int HEADER_LINES = 3;
    private static final String INDENT = "  ";

    // Comments, and strings of one or of several lines: nothing in them is code.
    private static final Pattern NO_CODE =
            Pattern.compile(
                    "#[^\n]*|\"\"\"[\\s\\S]*?\"\"\"|'''[\\s\\S]*?'''"
                            // Possessive, as the stack would end before a long string does.
                            + "|\"(?:\\\\.|[^\"\\\\\n])*+\"|'(?:\\\\.|[^'\\\\\n])*+'");
    private static final Pattern DEF = Pattern.compile("(?m)^def[ \t]+(\\w+)[ \t]*\\(");
    private static final Pattern OUTSIDE = Pattern.compile("(?m)^(?!def\\b)[A-Za-z_@][^\n]*");
    private final List<String> lines;
    private final List<String> engineLines;
    private final ScriptRewriter rewriter;
    private final Map<String, List<ScriptParameter>> functions = new LinkedHashMap<>();
    private final String code;

    ScriptSource(String source) {
        String text = source.stripIndent();
        lines = text.lines().toList();
        String bare = withoutStrings(text);
        Matcher outside = OUTSIDE.matcher(bare);
        if (outside.find()) {
            int end = Math.min(outside.end(), text.length());
            throw new IllegalArgumentException(
                    ("a script must consist of functions, \"def name(...):\" at the left margin,"
                                    + " but line %s is \"%s\"; leave out classes, decorators and"
                                    + " imports (torch and math are there without)")
                            .formatted(
                                    1 + lineOf(text, outside.start()),
                                    text.substring(outside.start(), end)));
        }
        Map<Integer, String> selves = new HashMap<>();
        Matcher def = DEF.matcher(bare);
        while (def.find()) {
            int close = closing(bare, def.end() - 1);
            String header = bare.substring(def.end(), close);
            boolean method = header.strip().matches("(?s)self\\b.*");
            if (!method) {
                selves.put(def.end(), header.isBlank() ? "self" : "self, ");
            }
            if (functions.put(def.group(1), parameters(header)) != null) {
                throw new IllegalArgumentException(
                        "a script must have one function of a name, but has two called "
                                + def.group(1));
            }
        }
        if (functions.isEmpty()) {
            throw new IllegalArgumentException(
                    "a script must have a function, \"def name(...):\" at the left margin, but has"
                            + " none");
        }
        rewriter = new ScriptRewriter(text, bare, functions.keySet(), selves);
        String engineText = rewriter.text().indent(INDENT.length());
        engineLines = (HEADER + engineText).lines().toList();
        code = HEADER + engineText + FOOTER;
    }

    /** Returns where the bracket that opens at a place closes, or the end of the text. */
    private static int closing(String text, int open) {
        int depth = 0;
        for (int i = open; i < text.length(); i++) {
            depth += step(text.charAt(i));
            if (depth == 0) {
                return i;
            }
        }
        return text.length();
    }

    private static int step(char c) {
        return c == '(' || c == '[' || c == '{' ? 1 : c == ')' || c == ']' || c == '}' ? -1 : 0;
    }

    /** Returns the parameters between the brackets of a function, without self. */
    private static List<ScriptParameter> parameters(String header) {
        List<ScriptParameter> parameters = new ArrayList<>();
        int start = 0;
        int depth = 0;
        for (int i = 0; i <= header.length(); i++) {
            if (i == header.length() || (depth == 0 && header.charAt(i) == ',')) {
                String text = header.substring(start, i).strip();
                start = i + 1;
                if (!text.isEmpty() && !text.matches("self\\b.*") && !text.equals("*")) {
                    parameters.add(ScriptParameter.of(text));
                }
            } else {
                depth += step(header.charAt(i));
            }
        }
        return List.copyOf(parameters);
    }

    /** Returns the source of the class, for the engine. */
    String code() {
        return code;
    }

    /** Returns the functions by name, in order. */
    Map<String, List<ScriptParameter>> functions() {
        return functions;
    }

    /** Returns the user's source with longer names for its functions. */
    String prefixed(String prefix) {
        String text = String.join("\n", lines) + "\n";
        String names = String.join("|", functions.keySet());
        Matcher name =
                Pattern.compile("(?<![\\w.])(self\\.)?(" + names + ")(?=[ \t]*\\()")
                        .matcher(withoutStrings(text));
        StringBuilder result = new StringBuilder();
        int done = 0;
        while (name.find()) {
            result.append(text, done, name.start(2)).append(prefix);
            done = name.start(2);
        }
        return result.append(text.substring(done)).toString();
    }

    /** Replaces what is in comments and strings by blanks, so that the rest keeps its place. */
    private static String withoutStrings(String text) {
        return NO_CODE.matcher(text).replaceAll(m -> m.group().replaceAll("[^\n]", " "));
    }

    /** Returns the number of the line, from 0, that a place in a text is on. */
    static int lineOf(String text, int end) {
        return (int) text.substring(0, end).chars().filter(c -> c == '\n').count();
    }

    /**
     * Returns a line of the user's source, and a second that marks a part of it, for a message.
     *
     * @param engineLine the number of the line in the engine's source, from 1
     * @param excerpt the line as the engine shows it
     * @param marker the engine's marker below it, or an empty string
     */
    String show(int engineLine, String excerpt, String marker) {
        int index = engineLine - HEADER_LINES - 1;
        if (index < 0 || index >= lines.size()) {
            return "  (line " + (index + 1) + ")";
        }
        String prefix = "  line " + (index + 1) + " | ";
        String shown = prefix + lines.get(index);
        int from = marker.indexOf('~');
        if (from < 0 || !excerpt.equals(engineLines.get(engineLine - 1))) {
            return shown;
        }
        int start = rewriter.column(index, from - INDENT.length());
        int end = rewriter.column(index, marker.lastIndexOf('~') + 1 - INDENT.length());
        return shown
                + "\n"
                + " ".repeat(prefix.length() - 2)
                + "| "
                + " ".repeat(start)
                + "^".repeat(Math.max(1, end - start));
    }
}
