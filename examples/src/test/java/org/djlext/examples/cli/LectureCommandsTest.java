/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The commands for the lectures' topics: micrograd, bigram, diagnose and lr-find. */
class LectureCommandsTest {

    private final Path folder;

    LectureCommandsTest(@TempDir Path folder) {
        this.folder = folder;
    }

    private static Outcome run(String arguments, String... more) {
        List<Object> all = new ArrayList<>(List.of(arguments.split(" ", -1)));
        all.addAll(List.of(more));
        return Outcome.of(all.toArray());
    }

    /** Commands, and pictures that they draw. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "micrograd accumulation --out | a_plus_a product_of_two",
                "micrograd moons --points=30 --max-steps=3 --batch-size=10 --loss=entropy --out"
                        + " | moons",
                "bigram --max-steps=3 --num-samples=1 --out"
                        + " | counts_plain counts_28x28 counts_27x27 one_hot log exp",
                "lr-find --max-steps=40 --work-dir | rates exponents",
            })
    void picturesAreInTheFolder(String arguments, String pictures) throws IOException {
        Path made = folder.resolve("new");
        Outcome outcome = run(arguments, made.toString());
        assertEquals(0, outcome.exitCode(), outcome.err());
        assertEquals("", outcome.err());
        for (String name : pictures.split(" ", -1)) {
            assertTrue(Files.size(made.resolve(name + ".png")) > 1000, name);
        }
    }

    @Test
    void graphsAreSvgToo() throws IOException {
        run("micrograd accumulation --out", folder.toString());
        assertTrue(Files.readString(folder.resolve("a_plus_a.svg")).contains("grad 2.0000"));
    }

    @Test
    void trainingTakesOptionsAndAFile() throws IOException {
        Path names = Files.writeString(folder.resolve("names.txt"), "emma\nolivia\n");
        Outcome outcome =
                run(
                        "bigram training --max-steps=2 --lr=1 --penalty=0 --rows=one_hot"
                                + " --gradients=manual --data",
                        names.toString());
        assertEquals(0, outcome.exitCode(), outcome.err());
        assertTrue(outcome.out().startsWith("2 names from "), outcome.out());
    }

    @ParameterizedTest
    @EnumSource
    void anExperimentRunsByItsNameWithTheOptionsItNames(Experiment experiment) throws IOException {
        String page = Files.readString(Path.of("..", "docs", "diagnostics.md"));
        assertTrue(page.contains("`" + experiment), "the page does not name it");
        boolean trains = experiment.options().contains("--max-steps");
        Outcome outcome =
                run(
                        "diagnose --experiment=" + experiment,
                        trains ? "--max-steps=2" : "--gradients=engine",
                        "--work-dir=" + folder);
        assertEquals(0, outcome.exitCode(), outcome.err());
        assertTrue(outcome.out().startsWith(experiment.description()), outcome.out());
        assertEquals("", outcome.err());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "bigram trigrams | the topic must be one of names, dictionary,"
                        + " tensors, matrix, draws, sampling, broadcasting, loss, onehot, net,"
                        + " training, equivalence, contexts, or all, but is 'trigrams'",
                "bigram --word=Emma | --word must take the letters a to z, but is 'Emma'",
                "bigram --num-samples=0 | --num-samples must be at least 1, but is 0",
                "bigram --max-steps=0 | --max-steps must be at least 1, but is 0",
                "bigram --lr=NaN | --lr must be more than 0, but is NaN",
                "bigram --penalty=-1 | --penalty must be 0 or more, but is -1.0",
                "bigram --data=nowhere.txt | nowhere.txt does not exist",
                "micrograd neurons | the topic must be one of readme, derivative,"
                        + " inputs, value, backprop, neuron, accumulation, tanh, djl, examples,"
                        + " overshoot, moons, legendre, or all, but is 'neurons'",
                "micrograd --points=1 | --points must be at least 2, but is 1",
                "micrograd --noise=NaN | --noise must not be negative, but is NaN",
                "micrograd --max-steps=0 | --max-steps must be at least 1, but is 0",
                "micrograd --batch-size=101 | --batch-size must be from 0 to the number of points,"
                        + " 100, but is 101",
                "micrograd --color | Unknown option: '--color'",
                "diagnose --experiment=shapes --gain=2 | --gain changes nothing in shapes; --seed"
                        + " can be given",
                "diagnose --experiment=overflow --seed=1 | --seed changes nothing in overflow,"
                        + " which has no options",
                "diagnose --max-steps=0 | --max-steps must be at least 1, but is 0",
                "diagnose --lr=0 | --lr must be more than 0, but is 0.0",
                "diagnose --gain=NaN | --gain must be more than 0, but is NaN",
                "lr-find --batch-size=0 | --batch-size must be at least 1, but is 0",
                "lr-find --max-steps=1 | --max-steps must be at least 2, but is 1",
                "lr-find --lowest=1 | the rates must go from more than 0 up, but --lowest is 1.0"
                        + " and --highest 1.0",
                "plot --group=0 | --group must be at least 1, but is 0",
                "plot --checkpoint=no.ckpt | the checkpoint no.ckpt does not exist",
                "micrograd readme --out=pom.xml | the folder for pictures, pom.xml, cannot be made;"
                        + " try another --out",
                "diagnose --work-dir=pom.xml | the folder for pictures, pom.xml, cannot be made;"
                        + " try another --work-dir",
            })
    void aMistakeIsAnsweredWithOneSentence(String arguments, String sentence) {
        Outcome outcome = run(arguments);
        assertEquals(2, outcome.exitCode());
        String command = "makemore " + arguments.substring(0, arguments.indexOf(' ')) + ": ";
        assertEquals(command + sentence, outcome.err());
    }

    @Test
    void anUnknownExperimentIsAnsweredWithTheNamesOfAll() {
        Outcome outcome = run("diagnose --experiment=hockey");
        assertEquals(2, outcome.exitCode());
        String message = outcome.err();
        assertTrue(message.contains("it must be one of kaiming, no-fan-in, "), message);
        assertTrue(message.endsWith("but is 'hockey'"), message);
    }

    @Test
    void aModelThatCannotBeIsNotSearched() {
        Outcome outcome = run("lr-find --model=mlp --n-embd2=0 --work-dir=" + folder);
        assertEquals(2, outcome.exitCode());
        assertTrue(
                outcome.err().endsWith("lr-find: --n-embd2 must be at least 1, but is 0"),
                outcome.err());
    }
}
