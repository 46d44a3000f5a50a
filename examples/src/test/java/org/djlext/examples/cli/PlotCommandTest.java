/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

class PlotCommandTest {

    @ParameterizedTest
    @ValueSource(strings = {"mlp", "transformer"})
    void aRunIsDrawn(String type, @TempDir Path folder) throws IOException {
        Path run = folder.resolve("run");
        Outcome.ok("train --model %s --max-steps 20 --work-dir %s", type, run);
        Path pictures = folder.resolve("pictures");
        String plot = "plot --checkpoint %s --out %s ";
        Path last = run.resolve(RunFolder.LAST);
        assertEquals("", Outcome.ok(plot, last, pictures).err());
        for (String name : List.of("loss", "loss-log10", "loss-smoothed", "embedding", "weights")) {
            assertTrue(Files.size(pictures.resolve(name + ".png")) > 5000, name);
        }
        assertEquals(type.equals("mlp"), Files.exists(pictures.resolve("activations.png")));
    }
}
