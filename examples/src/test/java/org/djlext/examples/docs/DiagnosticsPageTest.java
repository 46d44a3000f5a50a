/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.djlext.examples.cli.CommandLines;
import org.djlext.examples.cli.Makemore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** docs/diagnostics.md against what it describes. */
class DiagnosticsPageTest {

    private static final Pattern PICTURE = Pattern.compile("\\]\\((images/[^)]*)\\)");

    private final Path docs = Path.of("..", "docs");
    private final Path folder;

    DiagnosticsPageTest(@TempDir Path folder) {
        this.folder = folder;
    }

    private String diagnose(String... options) {
        StringWriter out = new StringWriter();
        List<String> args = new ArrayList<>(List.of("diagnose", "--work-dir=" + folder));
        args.addAll(List.of(options));
        CommandLine command = new CommandLine(new Makemore()).setOut(new PrintWriter(out));
        assertEquals(0, CommandLines.execute(command, args.toArray(String[]::new)));
        return out.toString();
    }

    private String page() throws IOException {
        return Files.readString(docs.resolve("diagnostics.md"));
    }

    @Test
    void smallExperimentsPrintWhatThePageShows() throws IOException {
        List<String> printed = new ArrayList<>();
        for (String experiment : List.of("four-classes", "std", "batch-norm-facts", "shapes")) {
            diagnose("--experiment=" + experiment).lines().forEach(printed::add);
        }
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
        List<String> experiments =
                diagnose("--experiment=overflow", "--list")
                        .lines()
                        .map(line -> line.split(" ", 2)[0])
                        .limit(22)
                        .toList();
        for (String experiment : experiments) {
            assertTrue(page.contains("`" + experiment), experiment);
        }
        List<String> pictures =
                PICTURE.matcher(page).results().map((MatchResult r) -> r.group(1)).toList();
        assertEquals(12, pictures.size());
        for (String picture : pictures) {
            assertTrue(Files.exists(docs.resolve(picture)), picture);
        }
    }
}
