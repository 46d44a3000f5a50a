/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import org.djlext.examples.cli.CommandLines;
import org.djlext.examples.cli.Makemore;
import org.djlext.files.OutputFile;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Pictures of the documentation that are drawn together. Its main draws all of them again:
 *
 * <pre>{@code
 * ./mvnw -q -pl examples -am test-compile exec:java -Dexec.classpathScope=test \
 *     -Dexec.mainClass=org.djlext.examples.docs.DocsPictures
 * }</pre>
 *
 * <p>They are drawn from the lectures' names, which are fetched once. It takes about two minutes.
 *
 * @param commands what to run, with a semicolon between; OUT stands for an empty folder
 * @param names the names of the files that the commands write, and what the pages call them
 */
record DocsPictures(String commands, Map<String, String> names) {

    /** Draws all of them. */
    public static void main(String[] args) throws IOException {
        Path folder = Page.ROOT.resolve(Page.DOCS).resolve("images");
        for (DocsPictures pictures : all()) {
            pictures.draw(folder);
            System.out.println(pictures.names.values());
        }
    }

    /** Reads pictures.txt. */
    static List<DocsPictures> all() throws IOException {
        String text;
        try (InputStream in = DocsPictures.class.getResourceAsStream("pictures.txt")) {
            text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        }
        return Stream.of(text.replaceAll("(?m)^#.*\n", "").split("\n\n", -1))
                .map(DocsPictures::of)
                .toList();
    }

    private static DocsPictures of(String paragraph) {
        List<String> lines = paragraph.lines().toList();
        Map<String, String> names = new LinkedHashMap<>();
        for (String line : lines.subList(1, lines.size())) {
            String[] name = line.split(" ", 2);
            names.put(name[0], name[1]);
        }
        return new DocsPictures(lines.get(0), names);
    }

    /** Whether a network is trained first, which takes half a minute or more. */
    boolean isSlow() {
        return commands.startsWith("train ");
    }

    /** Whether it needs the lectures' names. */
    boolean needsData() {
        return commands.contains("--download");
    }

    /** Draws into a folder under the names that the pages have. */
    void draw(Path folder) throws IOException {
        Path work = Files.createTempDirectory("pictures");
        for (String command : commands.split(" ; ", -1)) {
            String[] words = command.replace("OUT", work.toString()).split(" ", -1);
            int code = CommandLines.execute(Makemore.commandLine(), words);
            if (code != 0) {
                throw new IOException(command + " ended with the exit code " + code);
            }
        }
        for (Map.Entry<String, String> name : names.entrySet()) {
            Path drawn = work.resolve(name.getKey());
            OutputFile.write(folder.resolve(name.getValue()), out -> Files.copy(drawn, out));
        }
        try (Stream<Path> files = Files.list(work)) { // no folders
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(work);
    }
}
