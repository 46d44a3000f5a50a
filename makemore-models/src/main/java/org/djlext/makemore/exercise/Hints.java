/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.exercise;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The steps of an exercise and their hints, which are opened one by one. A file of hints has a line
 * for each: a step's name in brackets, then its hints, the first of which says least.
 */
final class Hints {

    private final Map<String, List<String>> hints;

    private Hints(Map<String, List<String>> hints) {
        this.hints = hints;
    }

    static Hints of(String exercise) {
        Map<String, List<String>> hints = new LinkedHashMap<>();
        try (InputStream in = Hints.class.getResourceAsStream(exercise + ".txt")) {
            if (in == null) {
                throw new IllegalArgumentException(
                        "an exercise is micrograd or ninja, but got " + exercise);
            }
            List<String> ofStep = new ArrayList<>();
            for (String line :
                    new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
                if (line.startsWith("[")) {
                    ofStep = new ArrayList<>();
                    hints.put(line.substring(1, line.length() - 1), ofStep);
                } else if (!line.isBlank()) {
                    ofStep.add(line);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Hints(hints);
    }

    /** Returns the names of the steps in order. */
    List<String> steps() {
        return List.copyOf(hints.keySet());
    }

    /** Returns a hint and how to open the next, or that there is no such hint. */
    String text(String step, String number) {
        List<String> ofStep = hints.getOrDefault(step, List.of());
        int index = number.matches("[1-9]") ? Integer.parseInt(number) : 0;
        if (index < 1 || index > ofStep.size()) {
            return ofStep.isEmpty()
                    ? "a step is one of " + String.join(", ", hints.keySet()) + ", but got " + step
                    : step + " has hints 1 to " + ofStep.size() + ", but not " + number;
        }
        String text = "hint " + index + " of " + ofStep.size() + ": " + ofStep.get(index - 1);
        return index == ofStep.size()
                ? text
                : text + "\nfor the next: --hint " + step + " " + (index + 1);
    }
}
