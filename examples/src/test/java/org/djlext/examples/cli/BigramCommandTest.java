/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class BigramCommandTest {

    private final StringWriter errors = new StringWriter();
    private final CommandLine command =
            new CommandLine(new BigramCommand()).setErr(new PrintWriter(errors, true));

    private int execute(String... args) {
        return CommandLines.execute(command, args);
    }

    @Test
    void allTopicsRunAndPutTheirPicturesIntoTheFolder(@TempDir Path folder) throws IOException {
        Path pictures = folder.resolve("new");
        assertEquals(0, execute("--max-steps=3", "--num-samples=1", "--out", pictures.toString()));
        assertEquals("", errors.toString());
        for (String name :
                List.of("counts_plain", "counts_28x28", "counts_27x27", "one_hot", "log", "exp")) {
            Path picture = pictures.resolve(name + ".png");
            assertTrue(ImageIO.read(picture.toFile()).getWidth() > 200, name);
        }
    }

    @Test
    void trainingTakesOptionsAndAFile(@TempDir Path folder) throws IOException {
        Path names = Files.writeString(folder.resolve("names.txt"), "emma\nolivia\n");
        assertEquals(
                0,
                execute(
                        "training",
                        "--data",
                        names.toString(),
                        "--max-steps=2",
                        "--lr=1",
                        "--penalty=0",
                        "--rows=one_hot",
                        "--gradients=manual"));
        assertEquals("", errors.toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "trigrams | There is no topic 'trigrams'; there are names, dictionary, tensors,"
                        + " matrix, draws, sampling, broadcasting, loss, onehot, net, training,"
                        + " equivalence, contexts, and all.",
                "--word=Emma | --word takes the letters a to z, but got 'Emma'.",
                "--num-samples=0 | --num-samples must be at least 1, but is 0.",
                "--max-steps=0 | --max-steps must be at least 1, but is 0.",
                "--lr=NaN | --lr must be more than 0, but is NaN.",
                "--penalty=-1 | --penalty must be 0 or more, but is -1.0.",
                "--data=nowhere.txt | nowhere.txt does not exist",
            })
    void aMistakeIsAnsweredWithOneSentence(String argument, String sentence) {
        assertEquals(2, execute(argument));
        assertEquals("bigram: " + sentence, errors.toString().strip());
    }

    @Test
    void aFileIsNoFolderForPictures(@TempDir Path folder) throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        assertEquals(2, execute("tensors", "--out", file.toString()));
        assertEquals(
                "bigram: the folder for pictures, " + file + ", cannot be made; try another --out",
                errors.toString().strip());
    }
}
