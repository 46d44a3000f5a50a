/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The sources of the project, by the names that pages give them. */
final class Sources {

    private static final Pattern SOURCE = Pattern.compile("\\.(?:java|cc|h)$");
    private static final Pattern COMMENT = Pattern.compile("(?s)/\\*.*?\\*/|(?m)//.*?$");
    private static final List<String> ALL =
            modules().stream()
                    .flatMap(module -> files(module, "src").stream())
                    .map(file -> COMMENT.matcher(read(file)).replaceAll(""))
                    .toList();
    private static final Map<String, List<String>> DECLARING = new ConcurrentHashMap<>();

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

    /** Returns the sources of a module below a folder, or none if it is not there. */
    static List<Path> files(String module, String folder) {
        try (Stream<Path> files = Files.walk(Page.ROOT.resolve(module).resolve(folder))) {
            return files.filter(file -> SOURCE.matcher(file.toString()).find()).toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the text of a file. */
    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
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

    /**
     * Returns the sources in which a type is declared: Java's of all modules, tests too, the
     * workbooks of the exercises, and those of the native library.
     *
     * @param simpleName the name of a class, an enum, a record or the like
     * @param more other sources to look in
     */
    static List<String> declaring(String simpleName, List<String> more) {
        Stream<String> ours =
                DECLARING
                        .computeIfAbsent(simpleName, name -> declaring(name, ALL.stream()))
                        .stream();
        return Stream.concat(ours, declaring(simpleName, more.stream()).stream()).toList();
    }

    private static List<String> declaring(String simpleName, Stream<String> sources) {
        Pattern declaration =
                Pattern.compile(
                        "\\b(?:class|struct(?: alignas\\(\\d+\\))?|interface|enum|record) "
                                + simpleName
                                + "\\b");
        return sources.filter(source -> declaration.matcher(source).find()).toList();
    }

    /** Whether a type, or what it extends, has a member of this name. */
    static boolean haveMember(String simpleName, String member, List<String> more) {
        Pattern parent = Pattern.compile("\\b" + simpleName + "\\b[^{;]* extends (\\w+)");
        Pattern declared = Pattern.compile("\\b" + member + "\\b *[(,;={)<]");
        for (String source : declaring(simpleName, more)) {
            if (declared.matcher(source).find()) {
                return true;
            }
            Matcher extended = parent.matcher(source);
            if (extended.find() && haveMember(extended.group(1), member, more)) {
                return true;
            }
        }
        return false;
    }

    private static Path java(Path path) {
        return path.resolveSibling(path.getFileName() + ".java");
    }
}
