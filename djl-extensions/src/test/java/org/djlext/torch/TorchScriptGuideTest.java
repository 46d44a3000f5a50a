/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;

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

/** The programs in docs/torchscript.md compile, and print what the page says. */
class TorchScriptGuideTest {

    private static final Path PAGE = Path.of("..", "docs", "torchscript.md");
    private static final int PROGRAMS = 2;
    private static final Pattern PROGRAM =
            Pattern.compile(
                    "```java\n(.*?public class (\\w+).*?)```\n+```\n(.*?)```", Pattern.DOTALL);

    @Test
    void programsPrintWhatThePageSays(@TempDir Path dir)
            throws IOException, ReflectiveOperationException {
        Matcher matcher = PROGRAM.matcher(Files.readString(PAGE));
        int programs = 0;
        while (matcher.find()) {
            programs++;
            String name = matcher.group(2);
            compile(Files.writeString(dir.resolve(name + ".java"), matcher.group(1)));
            assertEquals(matcher.group(3), run(dir, name));
        }
        assertEquals(PROGRAMS, programs, "programs followed by their output");
    }

    private static void compile(Path source) {
        ByteArrayOutputStream messages = new ByteArrayOutputStream();
        String classPath = System.getProperty("java.class.path");
        String[] arguments = {"-cp", classPath, "-proc:none", source.toString()};
        int code = ToolProvider.getSystemJavaCompiler().run(null, messages, messages, arguments);
        assertEquals(0, code, messages.toString(StandardCharsets.UTF_8));
    }

    private static String run(Path dir, String name)
            throws IOException, ReflectiveOperationException {
        PrintStream stdout = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (URLClassLoader loader = new URLClassLoader(new URL[] {dir.toUri().toURL()})) {
            System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
            loader.loadClass(name)
                    .getMethod("main", String[].class)
                    .invoke(null, (Object) new String[0]);
        } finally {
            System.setOut(stdout);
        }
        return printed.toString(StandardCharsets.UTF_8);
    }
}
