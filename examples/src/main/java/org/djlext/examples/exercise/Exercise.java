/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.exercise;

import ai.djl.util.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.djlext.examples.report.Versions;

/**
 * An exercise: a program with a forward pass and a line for each gradient. Only the solution is
 * kept; the exercise is made of it by taking the gradients out.
 */
public enum Exercise {
    /** Lecture 1: a neuron, and values that are used twice. */
    MICROGRAD("Micrograd", "Double", "n"),
    /** Lecture 5, exercise 1: every step of the network. */
    NINJA("Ninja", "NDArray", "probs");

    private final String className;
    private final String gradientType;
    private final String exampleStep;

    Exercise(String className, String gradientType, String exampleStep) {
        this.className = className;
        this.gradientType = gradientType;
        this.exampleStep = exampleStep;
    }

    /** Returns the program with all gradients. */
    String solution() {
        return resource(className + ".java").replace(" // SOLUTION", "");
    }

    /** Returns the program without the gradients. */
    String workbook() {
        return resource(className + ".java")
                .replaceAll("= [^=;]*; // SOLUTION", "= null; // YOUR CODE HERE");
    }

    /** {@return where the program is in the folder} */
    public String program() {
        return "src/main/java/" + className + ".java";
    }

    /**
     * Returns the files of the folder.
     *
     * @param jar the class path to run the program with
     * @return their texts by their names
     */
    public Map<String, String> files(String jar) {
        Map<String, String> files = new LinkedHashMap<>();
        files.put("README.md", filled("README.md", jar));
        files.put("pom.xml", filled("pom.xml", jar));
        files.put(program(), workbook());
        files.put("solution/" + className + ".java", solution());
        return files;
    }

    private String filled(String resource, String jar) {
        return resource(resource)
                .replace("@name@", toString())
                .replace("@class@", className)
                .replace("@type@", gradientType)
                .replace("@step@", exampleStep)
                .replace("@jar@", jar)
                .replace("@platform@", Platform.fromSystem("pytorch").getClassifier())
                .replace("@version@", Versions.project());
    }

    private static String resource(String name) {
        try (InputStream in = Exercise.class.getResourceAsStream(name)) {
            return new String(
                    Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the name as it is on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
