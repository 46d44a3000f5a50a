/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The four places that the page of operations promises a new activation. */
class NewActivationTest {

    private static final Path ROOT = Path.of("..");

    @ParameterizedTest
    @ValueSource(strings = {"SiluFunction", "SigmoidFunction"})
    void takesFourPlaces(String function) throws IOException {
        Set<String> main = new TreeSet<>();
        for (String module :
                new String[] {"djl-extensions", "makemore-models", "examples", "benchmarks"}) {
            main.addAll(naming(function, ROOT.resolve(module).resolve("src/main/java")));
        }
        assertEquals(Set.of("Activations.java", function + ".java"), main);
        // And what holds it against the engine in all ways, and the row for the reader.
        assertTrue(names(function, Path.of("src/test/java/org/djlext/nn/OpCases.java")));
        assertTrue(names(function, ROOT.resolve("docs/operations.md")));
    }

    private static Set<String> naming(String function, Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> names(function, file))
                    .map(file -> String.valueOf(file.getFileName()))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static boolean names(String function, Path file) {
        try {
            return Files.readString(file).contains(function);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
