/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The sources of the project, by the names that pages give them. */
final class Sources {

    private Sources() {}

    /** Returns the folders with a pom.xml below the root. */
    static List<String> modules() {
        try (Stream<Path> folders = Files.list(Page.ROOT)) {
            return folders.filter(f -> Files.exists(f.resolve("pom.xml")))
                    .filter(Files::isDirectory)
                    .map(f -> f.getFileName().toString())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Whether one of the modules has a class, or a member of a class, or a package of this name.
     */
    static boolean have(List<String> modules, String name) {
        Path path = Path.of("src/main/java", name.split("\\."));
        for (String module : modules) {
            Path full = Page.ROOT.resolve(module).resolve(path);
            if (Files.isDirectory(full)
                    || Files.exists(java(full))
                    || Files.exists(java(full.getParent()))) {
                return true;
            }
        }
        return false;
    }

    /** Whether a module has a test of this simple name. */
    static boolean haveTest(String simpleName) {
        for (String module : modules()) {
            Path tests = Page.ROOT.resolve(module).resolve("src/test/java");
            if (Files.exists(tests)) {
                try (Stream<Path> files = Files.walk(tests)) {
                    if (files.anyMatch(f -> f.endsWith(simpleName + ".java"))) {
                        return true;
                    }
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            }
        }
        return false;
    }

    private static Path java(Path path) {
        return path.resolveSibling(path.getFileName() + ".java");
    }
}
