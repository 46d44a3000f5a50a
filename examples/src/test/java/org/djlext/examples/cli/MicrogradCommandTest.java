/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class MicrogradCommandTest {

    private final StringWriter errors = new StringWriter();
    private final CommandLine command =
            new CommandLine(new MicrogradCommand()).setErr(new PrintWriter(errors, true));

    private int execute(String... args) {
        return CommandLines.execute(command, args);
    }

    @Test
    void aTopicRunsAndPutsItsPicturesIntoTheFolder(@TempDir Path folder) throws IOException {
        Path pictures = folder.resolve("new");
        assertEquals(0, execute("accumulation", "--out", pictures.toString()));
        assertEquals("", errors.toString());
        assertTrue(Files.size(pictures.resolve("a_plus_a.png")) > 1000);
        assertTrue(Files.readString(pictures.resolve("a_plus_a.svg")).contains("grad 2.0000"));
    }

    @Test
    void moonsTakeOptionsAndDrawTheSurface(@TempDir Path folder) throws IOException {
        assertEquals(
                0,
                execute(
                        "moons",
                        "--points=30",
                        "--max-steps=3",
                        "--batch-size=10",
                        "--loss=entropy",
                        "--out",
                        folder.toString()));
        assertTrue(Files.size(folder.resolve("moons.png")) > 5000);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "neurons | There is no topic 'neurons'; there are readme, derivative, inputs,"
                        + " value, backprop, neuron, accumulation, tanh, djl, examples, overshoot,"
                        + " moons, legendre, and all.",
                "--points=1 | --points must be at least 2, but is 1.",
                "--noise=NaN | --noise must be 0 or more, but is NaN.",
                "--max-steps=0 | --max-steps must be at least 1, but is 0.",
                "--batch-size=101 | --batch-size must be from 0 to the number of points, 100, but is 101.",
            })
    void aMistakeIsAnsweredWithOneSentence(String argument, String sentence) {
        assertEquals(2, execute(argument));
        assertEquals("micrograd: " + sentence, errors.toString().strip());
    }

    @Test
    void aFileIsNoFolderForPictures(@TempDir Path folder) throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        assertEquals(2, execute("readme", "--out", file.toString()));
        assertEquals(
                "micrograd: the folder for pictures, "
                        + file
                        + ", cannot be made; try another --out",
                errors.toString().strip());
    }

    @Test
    void anUnknownOptionIsAnsweredWithOneSentence() {
        assertEquals(2, execute("--color"));
        assertEquals(1, errors.toString().strip().lines().count());
    }
}
