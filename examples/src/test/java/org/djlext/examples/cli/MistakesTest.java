/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

/** Mistakes of a user, each told in one sentence before anything is written; see mistakes.txt. */
class MistakesTest {

    private static final Map<String, Path> PLACES = new LinkedHashMap<>();

    @BeforeAll
    static void open(@TempDir Path dir) throws IOException {
        Files.writeString(place(dir, "FILE"), "two\nlines\n");
        Files.writeString(place(dir, "DIGITS"), "emma\n4711\n");
        Files.writeString(place(dir, "EMPTY"), "");
        Files.writeString(place(dir, "ENDLESS"), "a".repeat(1 << 20));
        Files.writeString(place(dir, "ESCAPES"), "{\"a\\u001b[2J\\nb\": 1}");
        place(dir, "NONE");
        place(dir, "LOST");
        Files.writeString(
                Files.createDirectory(place(dir, "OTHER")).resolve("settings.json"), "{}");
        Outcome.ok("train --model mlp --max-steps 20 --work-dir %s", place(dir, "NAMES"));
        Outcome.ok("train --stage g1 --max-steps 1 --work-dir %s", place(dir, "TEXT"));
    }

    private static Path place(Path dir, String name) {
        PLACES.put(name, dir.resolve(name));
        return dir.resolve(name);
    }

    @ParameterizedTest(name = "{0}")
    @CsvFileSource(resources = "mistakes.txt", delimiter = '|', quoteCharacter = '~')
    void isToldInASentence(String line, String sentence) throws IOException {
        Outcome outcome = Outcome.of((Object[]) withPlaces(line).split(" ", -1));
        outcome.assertMistake("");
        String command = line.split(" ", -1)[0];
        String who = Makemore.commandLine().getSubcommands().containsKey(command) ? command : "";
        String told = ("makemore " + who).strip() + ": " + withPlaces(sentence);
        String expected =
                Stream.of(told.split("\\.\\.\\.", -1))
                        .map(Pattern::quote)
                        .collect(Collectors.joining(".*"));
        if (!outcome.err().matches(expected)) {
            assertEquals(told, outcome.err());
        }
        assertFalse(Files.exists(Path.of(withPlaces("NONE"))), "a folder without a run");
        assertEquals("two\nlines\n", Files.readString(Path.of(withPlaces("FILE"))));
    }

    private static String withPlaces(String text) {
        return Pattern.compile("\\b(" + String.join("|", PLACES.keySet()) + ")\\b")
                .matcher(text)
                .replaceAll(place -> String.valueOf(PLACES.get(place.group())));
    }

    @Test
    void aCommandIsNeeded() {
        String err = Outcome.of().err();
        assertTrue(err.startsWith("makemore: a command is needed, one of train, launch, "), err);
        assertTrue(err.endsWith(", exercise, completion; makemore --help describes them"), err);
    }
}
