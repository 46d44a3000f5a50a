/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.testing;

import java.io.IOException;
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

/**
 * Which public methods the programs on the pages use. The tests of the examples compile and run
 * those programs.
 */
public final class Examples {

    private static final Pattern PROGRAM =
            Pattern.compile("```java\n(public|import)(.*?)```", Pattern.DOTALL);

    // What Java knows of each record, enum and object.
    private static final Set<String> KNOWN =
            Set.of("toString", "equals", "hashCode", "values", "valueOf", "close", "main");

    private Examples() {}

    /**
     * Returns the methods that users call or override, and no program shows.
     *
     * @param part the last part of the package's name
     * @param without classes that are not for users
     * @param pages the pages with the programs
     * @return the methods with their classes
     * @throws IOException if a page cannot be read
     * @throws ClassNotFoundException never
     */
    public static List<String> missing(String part, Set<String> without, String... pages)
            throws IOException, ClassNotFoundException {
        StringBuilder programs = new StringBuilder();
        for (String page : pages) {
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
                if (!name.equals("package-info") && !without.contains(name)) {
                    Class<?> type = Class.forName("org.djlext." + part + "." + name);
                    addMissing(type, programs, missing);
                }
            }
        }
        return missing;
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
