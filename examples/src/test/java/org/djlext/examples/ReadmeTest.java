/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program in the README compiles, and prints what the README says. */
class ReadmeTest {

    private static final Pattern PROGRAM =
            Pattern.compile(
                    "```java\n(.*?public class (\\w+).*?)```\n+```\n(.*?)```", Pattern.DOTALL);

    @Test
    void programPrintsWhatTheReadmeSays(@TempDir Path dir)
            throws IOException, ReflectiveOperationException {
        String readme = Files.readString(Path.of("..", "README.md"));
        Matcher matcher = PROGRAM.matcher(readme);
        assertTrue(matcher.find(), "no program followed by its output");
        Path source = Files.writeString(dir.resolve(matcher.group(2) + ".java"), matcher.group(1));
        ByteArrayOutputStream messages = new ByteArrayOutputStream();
        int code =
                ToolProvider.getSystemJavaCompiler()
                        .run(
                                null,
                                messages,
                                messages,
                                "-cp",
                                System.getProperty("java.class.path"),
                                "-proc:none",
                                source.toString());
        assertEquals(0, code, messages.toString(StandardCharsets.UTF_8));
        PrintStream stdout = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (URLClassLoader loader = new URLClassLoader(new URL[] {dir.toUri().toURL()})) {
            System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
            loader.loadClass(matcher.group(2))
                    .getMethod("main", String[].class)
                    .invoke(null, (Object) new String[0]);
        } finally {
            System.setOut(stdout);
        }
        assertEquals(matcher.group(3), printed.toString(StandardCharsets.UTF_8));
    }
}
