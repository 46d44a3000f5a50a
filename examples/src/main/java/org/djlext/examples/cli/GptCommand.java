/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Lecture 7 on the command line.
 *
 * <pre>{@code
 * java -jar examples/target/makemore.jar gpt train
 * java -jar examples/target/makemore.jar gpt sample --prompt "KEEPER:"
 * }</pre>
 */
@Command(
        name = "gpt",
        description = "Lecture 7: trains and samples a GPT on the characters of a text.",
        subcommands = {
            GptTrainCommand.class,
            GptSampleCommand.class,
            GptEvalCommand.class,
            GptExportCommand.class,
            GptLadderCommand.class
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the spec
public final class GptCommand implements Runnable {

    @Spec private CommandSpec spec;

    /** Creates the command; its options are read by picocli. */
    public GptCommand() {}

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "gpt needs a command, one of "
                        + String.join(", ", spec.subcommands().keySet())
                        + "; makemore gpt --help describes them");
    }
}
