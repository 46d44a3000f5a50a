/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;

/**
 * {@code makemore completion}: what lets the Tab key of bash and zsh complete commands and options.
 */
@Command(name = "completion")
final class CompletionCommand extends MakemoreCommand {

    @Override
    public void run() {
        CommandSpec root = spec.root();
        out().print(AutoComplete.bash(root.name(), root.commandLine()));
        out().flush();
    }
}
