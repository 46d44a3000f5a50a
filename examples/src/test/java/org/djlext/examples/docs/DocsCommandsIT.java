/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every command of the pages runs as printed, and prints what they say; see {@link Fence} for what
 * a page can say of its commands. What needs the lectures' files is only parsed where the
 * environment variable MAKEMORE_DATA does not name a folder with them.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the pages' commands are for a POSIX shell")
class DocsCommandsIT {

    static List<Page> pages() throws IOException {
        String only = System.getProperty("docs.page", "");
        return Page.all().stream().filter(p -> p.toString().contains(only)).toList();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("pages")
    @Execution(ExecutionMode.CONCURRENT)
    void commandsRun(Page page, @TempDir Path folder) throws IOException, InterruptedException {
        assertTrue(
                Files.exists(Page.ROOT.resolve("examples/target/makemore.jar")),
                "run \"./mvnw package\" first");
        boolean haveData = System.getenv("MAKEMORE_DATA") != null;
        long start = System.nanoTime();
        PageRun run = new PageRun(page, Workspace.in(folder), haveData);
        List<String> failures = run.failures();
        System.out.printf("%s, %d s%n", run.summary(), (System.nanoTime() - start) / 1_000_000_000);
        assertEquals(List.of(), failures, () -> "\n" + String.join("\n", failures) + "\n");
    }
}
