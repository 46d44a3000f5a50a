/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.djlext.examples.JavaPrograms;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

    private static final Pattern CLASS =
            Pattern.compile("^public (?:final )?class (\\w+)", Pattern.MULTILINE);
    private static final Pattern QUOTE = Pattern.compile("from: (\\S+)#(\\w+)");

    /** What the programs of a page are and what each is said to print. */
    private record Programs(Map<String, String> files, Map<String, String> outputs) {

        static Programs of(Page page) {
            Programs programs = new Programs(new LinkedHashMap<>(), new LinkedHashMap<>());
            Iterator<Fence> fences = page.fences().iterator();
            while (fences.hasNext()) {
                Fence fence = fences.next();
                Matcher declared = CLASS.matcher(fence.text());
                String name =
                        fence.language().equals("java") && declared.find() ? declared.group(1) : "";
                for (String comment : fence.comments()) {
                    assertTrue(
                            !comment.startsWith("run:") || comment.equals("run: " + name),
                            fence.at() + " must declare a public class, as " + comment);
                }
                if (!name.isEmpty()) {
                    programs.files.put(name, fence.text());
                }
                if (!name.isEmpty() && fence.text().contains(" void main(String[] args)")) {
                    assertTrue(fences.hasNext(), name + " has no output");
                    programs.outputs.put(name, fences.next().text());
                }
            }
            return programs;
        }
    }

    static List<Page> pagesWithPrograms() throws IOException {
        return Page.all().stream().filter(page -> !Programs.of(page).files.isEmpty()).toList();
    }

    @ParameterizedTest
    @MethodSource("pagesWithPrograms")
    void programsPrintWhatThePageSays(Page page, @TempDir Path dir)
            throws IOException, ReflectiveOperationException {
        Programs programs = Programs.of(page);
        List<Path> sources = new ArrayList<>();
        for (Map.Entry<String, String> file : programs.files.entrySet()) {
            Path source = dir.resolve(file.getKey() + ".java");
            sources.add(Files.writeString(source, file.getValue()));
        }
        JavaPrograms.compile(dir, sources);
        for (Map.Entry<String, String> output : programs.outputs.entrySet()) {
            assertEquals(
                    comparable(output.getValue()),
                    comparable(JavaPrograms.run(dir, output.getKey())),
                    output.getKey());
        }
    }

    private static String comparable(String text) {
        return text.replaceAll("(\\.\\d{6})\\d+", "$1");
    }

    @Test
    void aProgramIsWhatItSaysItIs() {
        Path file = Path.of("page.md");
        assertTrue(Programs.of(Page.of(file, "```java\nint x;\n```\n")).files.isEmpty());
        String one =
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
                """;
        assertEquals(Map.of("A", "1.23456789\n"), Programs.of(Page.of(file, one)).outputs);
        assertEquals("1.234567\n", comparable("1.23456789\n"));
        Page other = Page.of(file, one.replace("run: A", "run: B"));
        assertThrows(AssertionError.class, () -> Programs.of(other));
    }

    @Test
    void quotedLinesAreInTheSources() throws IOException {
        int quotes = 0;
        for (Page page : Page.all()) {
            for (Fence fence : page.fences()) {
                Matcher quote = QUOTE.matcher(String.join("\n", fence.comments()));
                if (quote.find()) {
                    quotes++;
                    String member = member(Page.ROOT.resolve(quote.group(1)), quote.group(2));
                    assertTrue(
                            unindented(member).contains(unindented(fence.text()).strip()),
                            fence.at() + " quotes what is not in " + quote.group(1));
                }
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
