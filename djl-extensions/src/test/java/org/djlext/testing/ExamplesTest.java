/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The programs on the pages use every public method of a package. The tests of the examples compile
 * and run those programs.
 */
class ExamplesTest {

    /** A recorder, such as the tape of a compiled step, takes the place of the engine's graph. */
    private static final Set<String> OF_RECORDERS = Set.of("Recorder", "RecordedCall");

    private static final Pattern PROGRAM =
            Pattern.compile("```java\n(public|import)(.*?)```", Pattern.DOTALL);

    // What Java knows of each record, enum and object.
    private static final Set<String> KNOWN =
            Set.of("toString", "equals", "hashCode", "values", "valueOf", "close", "main");

    @ParameterizedTest
    @CsvSource({"autograd, autograd.md your-own-op.md", "gradcheck, gradcheck.md"})
    void everyPublicMethodIsInAProgram(String part, String pages) throws Exception {
        StringBuilder programs = new StringBuilder();
        for (String page : pages.split(" ", -1)) {
            Matcher block = PROGRAM.matcher(Files.readString(Path.of("..", "docs", page)));
            while (block.find()) {
                programs.append(block.group(2));
            }
        }
        Path sources = Path.of("src", "main", "java", "org", "djlext", part);
        List<String> missing = new ArrayList<>();
        try (Stream<Path> files = Files.list(sources)) {
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString().replace(".java", "");
                if (!name.equals("package-info") && !OF_RECORDERS.contains(name)) {
                    addMissing(Class.forName("org.djlext." + part + "." + name), programs, missing);
                }
            }
        }
        assertEquals(List.of(), missing);
    }

    private static void addMissing(Class<?> type, CharSequence programs, List<String> missing) {
        if (!Modifier.isPublic(type.getModifiers())) {
            return;
        }
        for (Class<?> nested : type.getDeclaredClasses()) {
            addMissing(nested, programs, missing);
        }
        for (Method method : type.getDeclaredMethods()) {
            boolean accessor =
                    method.getParameterCount() == 0
                            && type.isRecord()
                            && Arrays.stream(type.getRecordComponents())
                                    .anyMatch(part -> part.getAccessor().equals(method));
            boolean users =
                    Modifier.isPublic(method.getModifiers())
                            || Modifier.isProtected(method.getModifiers());
            boolean used =
                    Pattern.compile("\\b" + method.getName() + "\\(").matcher(programs).find();
            if (users
                    && !method.isSynthetic()
                    && !accessor
                    && !KNOWN.contains(method.getName())
                    && !used) {
                missing.add(type.getSimpleName() + "." + method.getName());
            }
        }
    }
}
