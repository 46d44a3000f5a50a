/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Replaces the names that the engine's dialect does not have, and remembers where. */
final class ScriptRewriter {

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

    private final Set<String> functions;
    private final Map<Integer, List<Edit>> edits = new HashMap<>();
    private final String text;

    // In place of "oldLength" characters from "column" on there are now "newLength".
    private record Edit(int column, int oldLength, int newLength) {}

    /**
     * Rewrites a text.
     *
     * @param text the text
     * @param bare the text with blanks for what is no code, of the same length
     * @param functions the names of its functions, to be called as methods
     * @param insertions what to insert, by place
     */
    ScriptRewriter(
            String text, String bare, Set<String> functions, Map<Integer, String> insertions) {
        this.functions = functions;
        StringBuilder result = new StringBuilder();
        int done = 0;
        Matcher name = NAME.matcher(bare).useTransparentBounds(true);
        String previous = "";
        for (int at = 0; at < bare.length(); at++) {
            String insertion = insertions.get(at);
            if (insertion != null) {
                result.append(text, done, at).append(insertion);
                note(text, at, 0, insertion);
                done = at;
            }
            if (!name.region(at, bare.length()).lookingAt()) {
                continue;
            }
            String word = name.group();
            boolean called = bare.startsWith("(", name.end()) && !previous.equals("def");
            String replacement = replacement(word, called);
            if (replacement != null) {
                result.append(text, done, at).append(replacement);
                note(text, at, word.length(), replacement);
                done = name.end();
            }
            previous = word;
            at = name.end() - 1;
        }
        this.text = result.append(text.substring(done)).toString();
    }

    /** Returns the rewritten text. */
    String text() {
        return text;
    }

    private @Nullable String replacement(String word, boolean called) {
        if (word.startsWith("math.")) {
            return NAMES.getOrDefault(word, "torch." + word.substring("math.".length()));
        }
        return called && functions.contains(word) ? "self." + word : NAMES.get(word);
    }

    private void note(String original, int at, int length, String replacement) {
        int column = at - (original.lastIndexOf('\n', at - 1) + 1);
        edits.computeIfAbsent(ScriptSource.lineOf(original, at), line -> new ArrayList<>())
                .add(new Edit(column, length, replacement.length()));
    }

    /** Returns the column, from 0, in the original that one in the rewritten line was. */
    int column(int line, int rewritten) {
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
