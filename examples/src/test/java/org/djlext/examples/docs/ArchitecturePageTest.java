/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The picture of the packages in docs/architecture.md is what the sources import. */
class ArchitecturePageTest {

    private static final List<String> MODULES =
            List.of(
                    "djl-extensions",
                    "makemore-models",
                    "examples",
                    "benchmarks",
                    "makemore-spark");
    private static final String MAIN = "src/main/java";
    private static final Pattern NODE =
            Pattern.compile("(\\w+)\\[\"(org\\.djlext\\.[\\w.]*\\w)(?: to (\\d))?\"]");
    private static final Pattern ARROW = Pattern.compile("(\\w+) --> (\\w+)");
    private static final Pattern IMPORT =
            Pattern.compile("^import (?:static )?(org\\.djlext\\.[\\w.]+);", Pattern.MULTILINE);

    private record Use(String by, String of) {}

    private final Map<String, String> packages = new LinkedHashMap<>(); // to their nodes
    private final Set<Use> arrows = new HashSet<>();

    ArchitecturePageTest() {
        String page = Sources.read(Page.ROOT.resolve("docs/architecture.md"));
        String picture = page.substring(0, page.indexOf("```\n\n", page.indexOf("graph BT")));
        Matcher node = NODE.matcher(picture);
        while (node.find()) {
            String name = node.group(2);
            packages.put(name, node.group(1));
            if (node.group(3) != null) { // numbered packages, in one node
                int last = name.length() - 1;
                for (char number = name.charAt(last); number <= node.group(3).charAt(0); number++) {
                    packages.put(name.substring(0, last) + number, node.group(1));
                }
            }
        }
        Matcher arrow = ARROW.matcher(picture);
        while (arrow.find()) {
            if (packages.containsValue(arrow.group(2))) {
                arrows.add(new Use(arrow.group(1), arrow.group(2)));
            }
        }
    }

    private Set<Use> imports() {
        Set<Use> uses = new HashSet<>();
        for (String module : MODULES) {
            Path sources = Page.ROOT.resolve(module).resolve(MAIN);
            for (Path file : Sources.files(module, MAIN)) {
                String own = packageOf(sources.relativize(file).toString().replace('/', '.'));
                for (String used : imports(file)) {
                    String other = packageOf(used);
                    if (!own.equals(other)) {
                        uses.add(new Use(packages.get(own), packages.get(other)));
                    }
                }
            }
        }
        return uses;
    }

    private static List<String> imports(Path file) {
        return IMPORT.matcher(Sources.read(file)).results().map(used -> used.group(1)).toList();
    }

    /** The longest package of the page that a class is in. */
    private String packageOf(String className) {
        return packages.keySet().stream()
                .filter(name -> className.startsWith(name + "."))
                .max(Comparator.comparingInt(String::length))
                .orElseThrow(() -> new AssertionError(className + " is in no package of the page"));
    }

    /** What a node uses, along any number of arrows. */
    private Set<String> reached(String from) {
        Set<String> reached = new TreeSet<>();
        for (Use arrow : arrows) {
            if (arrow.by.equals(from) && reached.add(arrow.of)) {
                reached.addAll(reached(arrow.of));
            }
        }
        return reached;
    }

    @Test
    void thereIsNoWayAroundInACircle() {
        // Or reached would not end.
        Set<Use> left = new HashSet<>(arrows);
        boolean removed = true;
        while (removed) {
            Set<Use> now = Set.copyOf(left);
            removed =
                    left.removeIf(use -> now.stream().noneMatch(other -> other.by.equals(use.of)));
        }
        assertEquals(Set.of(), left);
    }

    @Test
    void eachImportIsAWayAndEachArrowAnImport() {
        Set<Use> imports = imports();
        assertTrue(imports.size() > 15, imports.toString());
        for (Use use : imports) {
            assertTrue(
                    reached(use.by).contains(use.of),
                    "the sources of " + use.by + " import " + use.of + ", the page has no way");
        }
        for (Use arrow : arrows) {
            assertTrue(imports.contains(arrow), "the page has " + arrow + ", no source imports it");
        }
    }

    @Test
    void internalPackageIsUsedByItsOwnModuleAlone() {
        for (String module : MODULES.subList(1, MODULES.size())) {
            for (Path file : Sources.files(module, "src")) {
                assertTrue(
                        imports(file).stream().noneMatch(n -> n.startsWith("org.djlext.internal.")),
                        file + " uses what is internal");
            }
        }
    }

    /** What else writes a file could leave half of it, or write where a link leads. */
    @Test
    void filesAreWrittenByOneClass() {
        Pattern writing =
                Pattern.compile(
                        "Files\\.(write|writeString|newOutputStream|newBufferedWriter|move)\\("
                                + "|FileOutputStream|FileWriter|RandomAccessFile"
                                + "|toFile\\(\\)\\)|saveBitmap\\([^,]+, [^,]*toString");
        Set<String> writers = new TreeSet<>();
        for (String module :
                List.of("djl-extensions", "makemore-models", "examples", "makemore-spark")) {
            for (Path file : Sources.files(module, MAIN)) {
                if (writing.matcher(Sources.read(file)).find()) {
                    writers.add(file.getFileName().toString());
                }
            }
        }
        // The others keep the native library, add to a run's metrics, print, and read a checkpoint
        // that another rank has sent from a temporary copy.
        assertEquals(
                Set.of(
                        "LibraryCache.java",
                        "MetricFiles.java",
                        "OutputFile.java",
                        "StandardOutput.java",
                        "TrainingRanks.java"),
                writers);
    }
}
