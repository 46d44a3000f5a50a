/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The programs on the pages compile, and print what the pages say; lines that the pages quote from
 * the sources are there.
 *
 * <p>A Java block that declares a public class is a whole file. Those of a page are compiled
 * together, so that one may use another. If it has a main, the next block without a language is
 * what it prints. Digits of a fraction after the sixth are not compared: they depend on the
 * machine.
 */
class DocsCodeTest {

    private static final Path ROOT = Path.of("..");
    private static final Pattern JAVA =
            Pattern.compile("(?:<!-- run: (\\w+) -->\n)?```java\n(.*?)```\n", Pattern.DOTALL);
    private static final Pattern CLASS =
            Pattern.compile("^public (?:final )?class (\\w+)", Pattern.MULTILINE);
    private static final Pattern OUTPUT =
            Pattern.compile("\n```\\w*\n(.*?)```", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern QUOTE =
            Pattern.compile("<!-- from: (\\S+)#(\\w+) -->\n```\\w+\n(.*?)```", Pattern.DOTALL);

    /** What the programs of a page are and what each is said to print. */
    private record Programs(Map<String, String> files, Map<String, String> outputs) {

        static Programs of(String page) {
            Map<String, String> files = new LinkedHashMap<>();
            Map<String, String> outputs = new LinkedHashMap<>();
            Matcher block = JAVA.matcher(page);
            while (block.find()) {
                Matcher declaration = CLASS.matcher(block.group(2));
                boolean whole = declaration.find();
                if (block.group(1) != null) {
                    assertTrue(whole, block.group(1) + " is marked, but declares no public class");
                    assertEquals(block.group(1), declaration.group(1));
                }
                if (!whole) {
                    continue;
                }
                String name = declaration.group(1);
                files.put(name, block.group(2));
                if (block.group(2).contains(" void main(String[] args)")) {
                    Matcher output = OUTPUT.matcher(page);
                    assertTrue(output.find(block.end() - 1), name + " has no output");
                    outputs.put(name, output.group(1));
                }
            }
            return new Programs(files, outputs);
        }
    }

    static List<Path> pages() throws IOException {
        List<Path> pages = new ArrayList<>(List.of(ROOT.resolve("README.md")));
        try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
            docs.filter(page -> page.toString().endsWith(".md")).sorted().forEach(pages::add);
        }
        return pages;
    }

    static List<Path> pagesWithPrograms() throws IOException {
        List<Path> chosen = new ArrayList<>();
        for (Path page : pages()) {
            if (!Programs.of(Files.readString(page)).files.isEmpty()) {
                chosen.add(page);
            }
        }
        return chosen;
    }

    @ParameterizedTest
    @MethodSource("pagesWithPrograms")
    void programsPrintWhatThePageSays(Path page, @TempDir Path dir)
            throws IOException, ReflectiveOperationException {
        Programs programs = Programs.of(Files.readString(page));
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "-cp",
                                System.getProperty("java.class.path"),
                                "-proc:none",
                                "-d",
                                dir.toString()));
        for (Map.Entry<String, String> file : programs.files.entrySet()) {
            Path source = dir.resolve(file.getKey() + ".java");
            arguments.add(Files.writeString(source, file.getValue()).toString());
        }
        ByteArrayOutputStream messages = new ByteArrayOutputStream();
        int code =
                ToolProvider.getSystemJavaCompiler()
                        .run(null, messages, messages, arguments.toArray(new String[0]));
        assertEquals(0, code, messages.toString(StandardCharsets.UTF_8));
        for (Map.Entry<String, String> output : programs.outputs.entrySet()) {
            assertEquals(
                    comparable(output.getValue()),
                    comparable(run(dir, output.getKey())),
                    output.getKey());
        }
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

    private static String comparable(String text) {
        return text.replaceAll("(\\.\\d{6})\\d+", "$1");
    }

    @Test
    void aProgramIsWhatItSaysItIs() {
        Programs none = Programs.of("```java\nint x;\n```\n");
        assertTrue(none.files.isEmpty());
        Programs one =
                Programs.of(
                        """
                        <!-- run: A -->
                        ```java
                        public class A {
                            public static void main(String[] args) {}
                        }
                        ```

                        <!-- output -->
                        ```
                        1.23456789
                        ```
                        """);
        assertEquals(Map.of("A", "1.23456789\n"), one.outputs);
        assertEquals("1.234567\n", comparable("1.23456789\n"));
    }

    @Test
    void quotedLinesAreInTheSources() throws IOException {
        int quotes = 0;
        for (Path page : pages()) {
            Matcher quote = QUOTE.matcher(Files.readString(page));
            while (quote.find()) {
                quotes++;
                String member = member(ROOT.resolve(quote.group(1)), quote.group(2));
                assertTrue(
                        unindented(member).contains(unindented(quote.group(3)).strip()),
                        page + " quotes what is not in " + quote.group(1) + ":\n" + quote.group(3));
            }
        }
        assertTrue(quotes >= 20, quotes + " quotes");
    }

    /** A method or field with its initial value, from its declaration to its end. */
    private static String member(Path file, String name) throws IOException {
        String source = Files.readString(file);
        Matcher declaration =
                Pattern.compile(
                                "^ {4}(?=\\S)[\\w@<>\\[\\],? ]*\\b" + name + "\\b( =|\\()",
                                Pattern.MULTILINE)
                        .matcher(source);
        assertTrue(declaration.find(), file + " has no member " + name);
        String end = declaration.group(1).equals("(") ? "\n    }\n" : ";\n";
        int to = source.indexOf(end, declaration.start());
        assertFalse(to < 0, file + ": " + name + " has no end");
        return source.substring(declaration.start(), to);
    }

    private static String unindented(String text) {
        return text.replaceAll("(?m)^ +", "");
    }
}
