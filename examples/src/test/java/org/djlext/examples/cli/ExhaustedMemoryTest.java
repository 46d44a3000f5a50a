/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
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

    @Test
    void sizesThatDoNotFitAreRefusedBeforeTraining() {
        for (String[] sizes :
                new String[][] {
                    {"--batch-size", "100000000"},
                    {"--block-size", "1000000"},
                    {"--n-embd", "40000000"},
                    {"--model", "transformer", "--n-embd", "400000"},
                    {"--model", "transformer", "--block-size", "60000", "--batch-size", "1000000"},
                }) {
            Outcome outcome = train(sizes);
            assertEquals(CommandLines.USAGE, outcome.exitCode(), String.join(" ", sizes));
            assertTrue(outcome.err().matches("makemore train: [^\n]+"), outcome.err());
        }
    }

    private static Outcome train(String... sizes) {
        Object[] args = new Object[sizes.length + 2];
        args[0] = "train";
        args[1] = "--work-dir=target/no-such-run";
        System.arraycopy(sizes, 0, args, 2, sizes.length);
        return Outcome.of(args);
    }
}
