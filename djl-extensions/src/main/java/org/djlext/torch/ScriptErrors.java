/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import ai.djl.engine.EngineException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Turns the engine's account of an error in a script, which speaks of the source that the engine
 * got, into one that speaks of the user's.
 */
final class ScriptErrors {

    private static final Pattern FRAME =
            Pattern.compile(
                    "\\s*File \"" + Pattern.quote(ScriptArchive.SOURCE_FILE) + "\", line (\\d+).*");
    private static final Pattern MARKER = Pattern.compile("\\s*~[~ ]*(<--- HERE)?");
    private static final String INTRODUCTION = "The original call is:";

    private ScriptErrors() {}

    /** Returns the exception for a source that the engine cannot compile. */
    static TorchScriptException compile(ScriptSource source, EngineException e) {
        List<String> lines = lines(e);
        int first = 0;
        while (first < lines.size() && !FRAME.matcher(lines.get(first)).matches()) {
            first++;
        }
        String what = text(lines.subList(0, first));
        // The end of a line is for the engine the start of the next one.
        List<String> places = places(source, lines, what.contains("found 'newline'") ? 1 : 0);
        // The first place is that of the error; those of its callers may follow.
        return new TorchScriptException(
                "the script does not compile: "
                        + join(what, places.subList(0, Math.min(1, places.size()))),
                e);
    }

    /** Returns the exception for a call that failed. */
    static TorchScriptException run(ScriptSource source, String call, EngineException e) {
        List<String> lines = lines(e);
        // After the places, all of which are indented as the functions are in their class.
        int from = lines.size();
        while (from > 0 && !lines.get(from - 1).startsWith(" ")) {
            from--;
        }
        String what = text(lines.subList(from, lines.size())).replaceFirst("^RuntimeError: ", "");
        return new TorchScriptException(
                call + " failed: " + join(what, places(source, lines, 0)), e);
    }

    private static List<String> lines(EngineException e) {
        return String.valueOf(e.getMessage()).lines().toList();
    }

    private static String text(List<String> lines) {
        String text = String.join("\n", lines).strip();
        if (text.endsWith(INTRODUCTION)) {
            text = text.substring(0, text.length() - INTRODUCTION.length()).strip();
        }
        return text.endsWith(":") ? text.substring(0, text.length() - 1) : text;
    }

    private static String join(String what, List<String> places) {
        return places.isEmpty() ? what : what + "\n" + String.join("\n", places);
    }

    /** Returns the lines of the source that the engine names, in its order. */
    private static List<String> places(ScriptSource source, List<String> lines, int back) {
        List<String> places = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            Matcher frame = FRAME.matcher(lines.get(i));
            if (!frame.matches()) {
                continue;
            }
            int marker = i + 1;
            while (marker < lines.size()
                    && !MARKER.matcher(lines.get(marker)).matches()
                    && !FRAME.matcher(lines.get(marker)).matches()) {
                marker++;
            }
            boolean marked = marker < lines.size() && MARKER.matcher(lines.get(marker)).matches();
            places.add(
                    source.show(
                            Integer.parseInt(frame.group(1)) - back,
                            lines.get(marker - 1),
                            marked ? lines.get(marker) : ""));
        }
        return places;
    }
}
