/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Sizes that do not fit, found before anything is allocated, or else when the engine fails. */
class ExhaustedMemoryTest {

    @Command(name = "huge")
    static final class Huge implements Callable<Integer> {
        @Override
        public Integer call() {
            try (NDManager manager = NDManager.newBaseManager()) {
                return (int) manager.zeros(new Shape(1L << 50)).size();
            }
        }
    }

    @Test
    void anArrayThatDoesNotFitIsOneSentence() {
        StringWriter err = new StringWriter();
        CommandLine command = new CommandLine(new Huge()).setErr(new PrintWriter(err));
        assertEquals(CommandLines.USAGE, CommandLines.execute(command));
        assertEquals(
                "huge: the device has too little memory; take a smaller model, block size or batch"
                        + " size",
                err.toString().strip());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--batch-size 100000000",
                "--block-size 1000000",
                "--n-embd 40000000",
                "--model transformer --n-embd 400000",
                "--model transformer --block-size 60000 --batch-size 1000000",
            })
    void sizesThatDoNotFitAreRefusedBeforeTraining(String sizes) {
        Outcome.run("train --work-dir target/no-such-run " + sizes).assertMistake("train: ");
    }
}
