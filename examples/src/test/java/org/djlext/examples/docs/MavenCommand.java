/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A Maven command of a page. Maven is not started from its own tests; what the command names must
 * exist, and a main is run from the jars that the build has made.
 */
final class MavenCommand {

    private static final List<String> PHASES_AND_FLAGS =
            List.of(
                    ("clean validate compile test-compile test package verify install"
                                    + " -q -B -o -am -ntp -DskipTests -version --version")
                            .split(" ", -1));

    private static final Map<String, String> CLASSPATHS =
            Map.of(
                    "examples", "examples/target/makemore.jar",
                    "benchmarks", "'benchmarks/target/benchmarks.jar:benchmarks/target/lib/*'");

    private final List<String> mistakes = new ArrayList<>();
    private final List<String> modules = new ArrayList<>();
    private final Map<String, String> properties = new LinkedHashMap<>();
    private boolean mainWanted;

    MavenCommand(ShellCommand command) {
        List<String> words = command.words();
        for (int i = 1; i < words.size(); i++) {
            String word = words.get(i);
            if (word.equals("-pl") && i + 1 < words.size()) {
                module(words.get(++i));
            } else if (word.startsWith("-P")) {
                profiles(word.substring(2));
            } else if (word.startsWith("-D") && !PHASES_AND_FLAGS.contains(word)) {
                String[] pair = word.substring(2).split("=", 2);
                properties.put(pair[0], pair.length < 2 ? "true" : pair[1]);
            } else if (word.contains(":")) {
                goal(word);
            } else if (!PHASES_AND_FLAGS.contains(word)) {
                mistakes.add("there is no phase or flag " + word);
            }
        }
        if (mainWanted || properties.containsKey("exec.mainClass")) {
            List<String> places = modules.isEmpty() ? Sources.modules() : modules;
            if (!Sources.have(places, mainClass())) {
                mistakes.add("there is no class " + mainClass() + " in " + places);
            }
        }
        if (properties.containsKey("test")) {
            for (String test : properties.get("test").split(",", -1)) {
                if (Sources.declaring(test.split("#", 2)[0], List.of()).isEmpty()) {
                    mistakes.add("there is no test " + test);
                }
            }
        }
    }

    /** Returns what the command names and the build has not. */
    List<String> mistakes() {
        return mistakes;
    }

    /** Returns the command that does the same as its {@code exec:java} without Maven. */
    Optional<String> withoutMaven() {
        if (!mainWanted || !mistakes.isEmpty()) {
            return Optional.empty();
        }
        String module = modules.isEmpty() ? "examples" : modules.get(0);
        return Optional.of(
                "java -cp "
                        + CLASSPATHS.get(module)
                        + " "
                        + mainClass()
                        + " "
                        + properties.getOrDefault("exec.args", ""));
    }

    private String mainClass() {
        return properties.computeIfAbsent(
                "exec.mainClass", p -> found("<exec.mainClass>(.*)</exec.mainClass>").get(0));
    }

    private void module(String list) {
        for (String module : list.split(",", -1)) {
            if (Sources.modules().contains(module)) {
                modules.add(module);
            } else {
                mistakes.add("there is no module " + module);
            }
        }
    }

    private void profiles(String list) {
        List<String> known = found("<profile>\\s*<id>(.*)</id>");
        for (String profile : list.split(",", -1)) {
            if (!known.contains(profile)) {
                mistakes.add("there is no profile " + profile);
            }
        }
    }

    private void goal(String word) {
        String prefix = word.split(":", 2)[0];
        List<String> plugins = found("<artifactId>(.*-plugin)</artifactId>");
        if (!plugins.contains("maven-" + prefix + "-plugin")
                && !plugins.contains(prefix + "-maven-plugin")) {
            mistakes.add("the build has no plugin for " + word);
        }
        mainWanted |= word.equals("exec:java");
    }

    /** Returns what a pattern's group finds in the build, in its root first. */
    private static List<String> found(String pattern) {
        return Stream.concat(Stream.of(""), Sources.modules().stream())
                .map(module -> Sources.read(Page.ROOT.resolve(module).resolve("pom.xml")))
                .flatMap(pom -> Pattern.compile(pattern).matcher(pom).results())
                .map(match -> match.group(1))
                .toList();
    }
}
