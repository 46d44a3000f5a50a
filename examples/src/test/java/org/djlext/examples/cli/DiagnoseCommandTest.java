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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine;

@SuppressWarnings("NullAway.Init") // JUnit sets the folder
class DiagnoseCommandTest {

    @TempDir Path folder;

    private final StringWriter errors = new StringWriter();

    private int execute(Object command, String... args) {
        return CommandLines.execute(
                new CommandLine(command).setErr(new PrintWriter(errors, true)), args);
    }

    @ParameterizedTest
    @EnumSource(Experiment.class)
    void anExperimentRunsByItsNameWithTheOptionsItNames(Experiment experiment) {
        assertEquals(experiment, Experiment.of(experiment.toString()));
        String steps =
                experiment.options().contains("--max-steps")
                        ? "--max-steps=2"
                        : "--gradients=engine";
        assertEquals(
                0,
                execute(
                        new DiagnoseCommand(),
                        "--experiment=" + experiment,
                        steps,
                        "--work-dir",
                        folder.toString()));
        assertEquals("", errors.toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--experiment=shapes --gain=2 | --gain changes nothing in shapes; --seed can be"
                        + " given",
                "--experiment=overflow --seed=1 | --seed changes nothing in overflow, which has no"
                        + " options",
                "--max-steps=0 | --max-steps must be at least 1, but is 0",
                "--lr=0 | --lr must be more than 0, but is 0.0",
                "--gain=NaN | --gain must be more than 0, but is NaN",
            })
    void aMistakeIsAnsweredWithOneSentence(String arguments, String sentence) {
        assertEquals(2, execute(new DiagnoseCommand(), arguments.split(" ")));
        assertEquals("diagnose: " + sentence, errors.toString().strip());
    }

    @Test
    void anUnknownExperimentIsAnsweredWithTheNamesOfAll() {
        assertEquals(2, execute(new DiagnoseCommand(), "--experiment=hockey"));
        String message = errors.toString().strip();
        assertTrue(message.contains("an experiment is one of kaiming, no-fan-in, "), message);
        assertTrue(message.endsWith("but got \"hockey\""), message);
    }

    @Test
    void aFileIsNoFolderForPictures() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        assertEquals(2, execute(new DiagnoseCommand(), "--work-dir", file.toString()));
        assertEquals(
                "diagnose: the folder for pictures, "
                        + file
                        + ", cannot be made; try another --work-dir",
                errors.toString().strip());
    }

    @Test
    void theSearchForALearningRateDrawsBothCurves() throws IOException {
        assertEquals(
                0,
                execute(
                        new LearningRateCommand(),
                        "--max-steps=40",
                        "--work-dir",
                        folder.toString()));
        assertEquals("", errors.toString());
        assertTrue(Files.size(folder.resolve("rates.png")) > 5000);
        assertTrue(Files.size(folder.resolve("exponents.png")) > 5000);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--batch-size=0 | --batch-size must be at least 1, but is 0",
                "--max-steps=1 | --max-steps must be at least 2, but is 1",
                "--lowest=1 | the rates must go from more than 0 up, but --lowest is 1.0 and"
                        + " --highest 1.0",
                "--model=mlp --n-embd2=0 | a model's hidden must be at least 1, but is 0",
            })
    void aMistakeInASearchIsAnsweredWithOneSentence(String arguments, String sentence) {
        String[] options = (arguments + " --work-dir=" + folder).split(" ");
        assertEquals(2, execute(new LearningRateCommand(), options));
        assertEquals("lr-find: " + sentence, errors.toString().strip());
    }
}
