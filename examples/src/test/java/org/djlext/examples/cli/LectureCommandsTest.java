/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.djlext.examples.exercise.Exercise;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands for the lectures: micrograd, bigram, diagnose, lr-find and exercise. */
class LectureCommandsTest {

    private final Path folder;

    LectureCommandsTest(@TempDir Path folder) {
        this.folder = folder;
    }

    /** Commands, and pictures that they draw. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "micrograd accumulation --out %s | a_plus_a product_of_two",
                "micrograd moons --points=30 --max-steps=3 --batch-size=10 --loss=entropy"
                        + " --out %s | moons",
                "bigram --max-steps=3 --num-samples=1 --out %s"
                        + " | counts_plain counts_28x28 counts_27x27 one_hot log exp",
                "lr-find --max-steps=40 --work-dir %s | rates exponents",
            })
    void picturesAreInTheFolder(String arguments, String pictures) throws IOException {
        Path made = folder.resolve("new");
        assertEquals("", Outcome.ok(arguments, made).err());
        for (String name : pictures.split(" ", -1)) {
            assertTrue(Files.size(made.resolve(name + ".png")) > 1000, name);
        }
    }

    @Test
    void graphsAreSvgToo() throws IOException {
        Outcome.ok("micrograd accumulation --out %s", folder);
        assertTrue(Files.readString(folder.resolve("a_plus_a.svg")).contains("grad 2.0000"));
    }

    @Test
    void trainingTakesOptionsAndAFile() throws IOException {
        Path names = Files.writeString(folder.resolve("names.txt"), "emma\nolivia\n");
        Outcome outcome =
                Outcome.ok(
                        "bigram training --max-steps=2 --lr=1 --penalty=0 --rows=one_hot"
                                + " --gradients=manual --data %s",
                        names);
        assertTrue(outcome.out().startsWith("2 names from "), outcome.out());
    }

    @ParameterizedTest
    @EnumSource
    void anExperimentRunsByItsNameWithTheOptionsItNames(Experiment experiment) throws IOException {
        String page = Files.readString(Path.of("..", "docs", "diagnostics.md"));
        assertTrue(page.contains("`" + experiment), "the page does not name it");
        String line = "diagnose --experiment=" + experiment + " --work-dir=" + folder;
        for (String option :
                List.of("max-steps=2", "lr=0.1", "gain=1", "seed=1", "gradients=manual")) {
            boolean has = experiment.options().contains("--" + option.split("=", 2)[0]);
            line += has ? " --" + option : "";
        }
        assertTrue(Outcome.ok(line).out().startsWith(experiment.description()), line);
    }

    @Test
    void theListIsAllThatIsPrinted() {
        List<String> lines = Outcome.ok("diagnose --list").out().lines().toList();
        assertEquals(Experiment.values().length, lines.size(), lines::toString);
        assertTrue(lines.get(0).startsWith("kaiming "), lines::toString);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"bigram names --out %s", "diagnose --experiment=overflow --work-dir=%s"})
    void aFolderWithoutPicturesIsNotMade(String line) {
        Path made = folder.resolve("new");
        String err = Outcome.ok(line, made).err();
        assertTrue(err.endsWith(": there was no picture to draw into " + made), err);
        assertFalse(Files.exists(made));
    }

    @Test
    void anExerciseIsAMavenProject() throws IOException {
        Path mine = folder.resolve("mine");
        String out = Outcome.ok("exercise ninja %s", mine).out();
        assertTrue(out.contains(mine.resolve("src/main/java/Ninja.java").toString()), out);
        for (String name : Exercise.NINJA.files("").keySet()) {
            String text = Files.readString(mine.resolve(name));
            assertFalse(text.matches("(?s).*@\\w+@.*"), name);
        }
        String pom = Files.readString(mine.resolve("pom.xml"));
        assertTrue(
                pom.matches("(?s).*<classifier>(linux|osx|win)-(x86_64|aarch64)</classifier>.*"),
                pom); // of libtorch, without which DJL would look for it in the network
        Outcome.ok("exercise micrograd %s --overwrite", mine);
    }
}
