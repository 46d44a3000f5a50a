/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.util.List;
import org.djlext.examples.lecture2.BigramSettings;
import org.djlext.examples.lecture2.Lecture2;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The second lecture on the command line: {@code bigram matrix --out pictures}. */
@Command(name = "bigram")
final class BigramCommand extends MakemoreCommand {

    @Mixin private DataOptions data = new DataOptions();

    @Mixin private TopicOptions topicOptions = new TopicOptions();

    @Mixin private BigramSettings settings = new BigramSettings();

    @Override
    void run() {
        List<String> names = data.letters();
        topicOptions.run(
                this,
                Mistake.unless(() -> Lecture2.topics(names, settings)),
                output -> output.line("%d %s", names.size(), data.origin()));
    }
}
