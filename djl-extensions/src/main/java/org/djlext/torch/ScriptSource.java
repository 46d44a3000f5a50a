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
import org.jspecify.annotations.Nullable;

/**
 * A user's source, and what the engine gets in its place.
 *
 * <p>The engine reads the dialect that PyTorch writes into archives, which has no functions outside
 * of a class, no {@code math} and no names of data types. So functions become methods of one class,
 * and a few names are replaced. No line is added between two others, so that line numbers differ by
 * a constant, and what was replaced is known, so that columns can be found again.
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
                            + "|\"(?:\\\\.|[^\"\\\\\n])*\"|'(?:\\\\.|[^'\\\\\n])*'");
    private static final Pattern DEF = Pattern.compile("(?m)^def[ \t]+(\\w+)[ \t]*\\(");
    private static final Pattern OUTSIDE = Pattern.compile("(?m)^(?!def\\b)[A-Za-z_@][^\n]*");
    private static final Pattern NAME = Pattern.compile("(?<![\\w.])[A-Za-z_]\\w*(?:\\.\\w+)*");

    private static final Map<String, String> NAMES =
            Map.ofEntries(
                    Map.entry("torch.uint8", "0"),
                    Map.entry("torch.int8", "1"),
                    Map.entry("torch.int16", "2"),
                    Map.entry("torch.int32", "3"),
                    Map.entry("torch.int64", "4"),
                    Map.entry("torch.long", "4"),
                    Map.entry("torch.float16", "5"),
                    Map.entry("torch.half", "5"),
                    Map.entry("torch.float32", "6"),
                    Map.entry("torch.float", "6"),
                    Map.entry("torch.float64", "7"),
                    Map.entry("torch.double", "7"),
                    Map.entry("torch.bool", "11"),
                    Map.entry("torch.bfloat16", "15"),
                    Map.entry("torch.Tensor", "Tensor"),
                    Map.entry("torch.inf", "inf"),
                    Map.entry("math.inf", "inf"),
                    Map.entry("math.nan", "nan"),
                    Map.entry("math.pi", Double.toString(Math.PI)),
                    Map.entry("math.e", Double.toString(Math.E)));

    private final List<String> lines;
    private final List<String> engineLines;
    private final Map<Integer, List<Edit>> edits = new HashMap<>();
    private final Map<String, List<ScriptParameter>> functions = new LinkedHashMap<>();
    private final String code;

    // In place of "oldLength" characters from "column" on there are now "newLength".
    private record Edit(int column, int oldLength, int newLength) {}

    ScriptSource(String source) {
        String text = source.stripIndent();
        lines = text.lines().toList();
        String bare = withoutStrings(text);
        Matcher outside = OUTSIDE.matcher(bare);
        if (outside.find()) {
            int end = Math.min(outside.end(), text.length());
            throw new IllegalArgumentException(
                    "a script must consist of functions, \"def name(...):\" at the left margin, but"
                            + " line "
                            + (1 + count(text, outside.start()))
                            + " is \""
                            + text.substring(outside.start(), end)
                            + "\"; leave out classes, decorators and imports (torch and math are"
                            + " there without)");
        }
        Map<Integer, Integer> selves = new HashMap<>();
        Matcher def = DEF.matcher(bare);
        while (def.find()) {
            int close = ScriptHeader.closing(bare, def.end() - 1);
            String header = bare.substring(def.end(), close);
            boolean method = header.strip().matches("(?s)self\\b.*");
            if (!method) {
                selves.put(def.end(), header.isBlank() ? 0 : 1);
            }
            if (functions.put(def.group(1), ScriptHeader.parameters(header)) != null) {
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
        String engineText = rewrite(text, bare, selves).indent(INDENT.length());
        engineLines = (HEADER + engineText).lines().toList();
        code = HEADER + engineText + FOOTER;
    }

    /** Returns the source of the class, for the engine. */
    String code() {
        return code;
    }

    /** Returns the functions by name, in order. */
    Map<String, List<ScriptParameter>> functions() {
        return functions;
    }

    /** Replaces what is in comments and strings by blanks, so that the rest keeps its place. */
    private static String withoutStrings(String text) {
        return NO_CODE.matcher(text).replaceAll(m -> m.group().replaceAll("[^\n]", " "));
    }

    private String rewrite(String text, String bare, Map<Integer, Integer> selves) {
        StringBuilder result = new StringBuilder();
        int done = 0;
        Matcher name = NAME.matcher(bare);
        for (int at = 0; at < bare.length(); at++) {
            Integer self = selves.get(at);
            if (self != null) {
                result.append(text, done, at);
                done = at;
                edit(result, text, at, 0, self == 0 ? "self" : "self, ");
            }
            if (name.region(at, bare.length()).useTransparentBounds(true).lookingAt()) {
                String replacement = replacement(bare, name);
                if (replacement != null) {
                    result.append(text, done, at);
                    edit(result, text, at, name.group().length(), replacement);
                    done = name.end();
                }
                at = name.end() - 1;
            }
        }
        return result.append(text.substring(done)).toString();
    }

    private @Nullable String replacement(String bare, Matcher name) {
        String word = name.group();
        String known = NAMES.get(word);
        if (known != null) {
            return known;
        }
        if (word.startsWith("math.")) {
            return "torch." + word.substring("math.".length());
        }
        if (!functions.containsKey(word) || !bare.startsWith("(", name.end())) {
            return null;
        }
        boolean defined = bare.substring(0, name.start()).matches("(?s).*\\bdef[ \t]+");
        return defined ? null : "self." + word;
    }

    private void edit(StringBuilder to, String text, int at, int length, String replacement) {
        to.append(replacement);
        int column = at - (text.lastIndexOf('\n', at - 1) + 1);
        edits.computeIfAbsent(count(text, at), line -> new ArrayList<>())
                .add(new Edit(column, length, replacement.length()));
    }

    private static int count(String text, int end) {
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
        int start = column(index, from - INDENT.length());
        int end = column(index, marker.lastIndexOf('~') + 1 - INDENT.length());
        return shown
                + "\n"
                + " ".repeat(prefix.length() - 2)
                + "| "
                + " ".repeat(start)
                + "^".repeat(Math.max(1, end - start));
    }

    /** Returns the column in the user's line for one in the rewritten line. */
    private int column(int line, int rewritten) {
        int shift = 0;
        for (Edit edit : edits.getOrDefault(line, List.of())) {
            int start = edit.column + shift;
            if (rewritten <= start) {
                break;
            }
            if (rewritten < start + edit.newLength) {
                return edit.column;
            }
            shift += edit.newLength - edit.oldLength;
        }
        return rewritten - shift;
    }
}
