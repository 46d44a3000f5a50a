/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.djlext.examples.cli.Experiment;
import org.djlext.examples.lecture.Lab;
import org.djlext.examples.lecture.Output;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.junit.jupiter.api.Test;

/** docs/diagnostics.md against what it describes. */
class DiagnosticsPageTest {

    private static final Pattern PICTURE = Pattern.compile("\\]\\((images/[^)]*)\\)");

    private final Path docs = Path.of("..", "docs");

    private String page() throws IOException {
        return Files.readString(docs.resolve("diagnostics.md"));
    }

    @Test
    void smallExperimentsPrintWhatThePageShows() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (NDManager manager = NDManager.newBaseManager()) {
            PrintStream stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);
            Lab lab =
                    new Lab(
                            new Output(stream, null),
                            manager,
                            NamesCorpus.of(Names.embedded()),
                            Lab.Choices.NONE);
            for (Experiment experiment :
                    List.of(
                            Experiment.FOUR_CLASSES,
                            Experiment.STD,
                            Experiment.BATCH_NORM_FACTS,
                            Experiment.SHAPES)) {
                experiment.run(lab);
            }
        }
        List<String> printed = bytes.toString(StandardCharsets.UTF_8).lines().toList();
        String page = page();
        String[] blocks =
                page.substring(
                                page.indexOf("## Small experiments"),
                                page.indexOf("## Learning rate, losses"))
                        .split("```\n", -1);
        int lines = 0;
        for (int i = 1; i < blocks.length; i += 2) {
            for (String line : blocks[i].lines().toList()) {
                assertTrue(printed.contains(line), line);
                lines++;
            }
        }
        assertEquals(29, lines);
    }

    @Test
    void allExperimentsAndPicturesAreThere() throws IOException {
        String page = page();
        for (Experiment experiment : Experiment.values()) {
            assertTrue(page.contains("`" + experiment), experiment.toString());
        }
        List<String> pictures =
                PICTURE.matcher(page).results().map((MatchResult r) -> r.group(1)).toList();
        assertEquals(12, pictures.size());
        for (String picture : pictures) {
            assertTrue(Files.exists(docs.resolve(picture)), picture);
        }
    }
}
