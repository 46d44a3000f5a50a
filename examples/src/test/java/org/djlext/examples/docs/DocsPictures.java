/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.djlext.examples.cli.CommandLines;
import org.djlext.examples.cli.Makemore;
import org.djlext.examples.lecture.Output;
import org.djlext.files.OutputFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Draws the pictures of the documentation again, all of them:
 *
 * <pre>{@code
 * ./mvnw -q -pl examples -am test-compile exec:java -Dexec.classpathScope=test \
 *     -Dexec.mainClass=org.djlext.examples.docs.DocsPictures
 * }</pre>
 *
 * <p>They are drawn from the lectures' names, which are fetched once. It takes about two minutes.
 */
@Command(
        name = "pictures",
        description = "Draws the pictures of the documentation, from the lectures' names.",
        mixinStandardHelpOptions = true)
public final class DocsPictures implements Callable<Integer> {

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "docs/images",
            description = "the folder of the pictures, default ${DEFAULT-VALUE}")
    private Path folder = Path.of("docs", "images");

    /** Creates the command; its options are read by picocli. */
    public DocsPictures() {}

    /**
     * The main.
     *
     * @param args options
     */
    public static void main(String[] args) {
        System.exit(CommandLines.execute(new DocsPictures(), args));
    }

    @Override
    public Integer call() throws IOException {
        Files.createDirectories(folder);
        for (DocsPicture picture : DocsPicture.all()) {
            int code = draw(picture, folder);
            if (code != 0) {
                return code;
            }
        }
        return 0;
    }

    /**
     * Draws into a folder under the names that the pages have.
     *
     * @return the exit code of the command that draws
     */
    static int draw(DocsPicture picture, Path folder) {
        try {
            Path work = Files.createTempDirectory("pictures");
            try {
                for (String[] args : picture.arguments(work.toString())) {
                    int code = CommandLines.execute(Makemore.commandLine(), args);
                    if (code != 0) {
                        return code;
                    }
                }
                for (Map.Entry<String, String> name : picture.names().entrySet()) {
                    Path file = folder.resolve(DocsPicture.file(name.getValue()));
                    Path drawn = work.resolve(DocsPicture.file(name.getKey()));
                    OutputFile.write(file, out -> Files.copy(drawn, out));
                    Output.console().line("picture: %s", file);
                }
            } finally {
                delete(work);
            }
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // The commands write files, and no folders.
    private static void delete(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
