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
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class PlotCommandTest {

    private final StringWriter errors = new StringWriter();

    private int execute(Object command, String... args) {
        return CommandLines.execute(
                new CommandLine(command)
                        .setOut(new PrintWriter(new StringWriter()))
                        .setErr(new PrintWriter(errors, true)),
                args);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mlp", "transformer"})
    void aRunIsDrawn(String type, @TempDir Path folder) throws IOException {
        Path run = folder.resolve("run");
        assertEquals(
                0,
                execute(
                        new TrainCommand(),
                        "--model=" + type,
                        "--max-steps=20",
                        "--work-dir=" + run));
        Path pictures = folder.resolve("pictures");
        assertEquals(
                0,
                execute(
                        new PlotCommand(),
                        "--checkpoint=" + run.resolve("last.safetensors"),
                        "--out=" + pictures));
        assertEquals("", errors.toString());
        for (String name :
                new String[] {"loss", "loss-log10", "loss-smoothed", "embedding", "weights"}) {
            assertTrue(Files.size(pictures.resolve(name + ".png")) > 5000, name);
        }
        assertEquals(type.equals("mlp"), Files.exists(pictures.resolve("activations.png")));
        assertEquals(
                2,
                execute(
                        new PlotCommand(),
                        "--checkpoint=" + run.resolve("last.safetensors"),
                        "--group=21",
                        "--out=" + pictures));
        assertEquals(
                "plot: --group is 21, but there are only 20 losses", errors.toString().strip());
    }
}
