/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.util.List;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.Source;
import org.djlext.makemore.data.TextCorpus;
import org.djlext.makemore.data.TextFiles;
import org.djlext.makemore.data.Texts;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Which text a command works on: one that comes with the project, a file, or the lecture's. */
final class TextOptions {

    /** The other sources, of which one can be given. */
    static final class Given {
        @Option(
                names = "--data",
                arity = "1..*",
                paramLabel = "FILE",
                description = "files of text, with gzip or without; folders; - for standard input")
        List<String> places = List.of();

        @Option(
                names = "--download",
                description =
                        "the lecture's tiny Shakespeare, fetched once and kept in DJL's cache"
                                + " directory")
        boolean download;

        @Option(
                names = "--names",
                description = "the names that come with the project, a name a line")
        boolean names;
    }

    @ArgGroup private @Nullable Given source;

    /** Tells whether a text was asked for. */
    boolean isGiven() {
        return source != null;
    }

    /** Returns the option that asks for a text. */
    String option() {
        if (source == null) {
            return "no option";
        }
        return source.names ? "--names" : source.download ? "--download" : "--data";
    }

    /** Reads the text. */
    String text() {
        if (source == null) {
            return Texts.embedded();
        }
        if (source.names) {
            return String.join("\n", Names.embedded()) + "\n";
        }
        return source.download
                ? Texts.read(Texts.TINY_SHAKESPEARE.download())
                : TextFiles.read(source.places.toArray(String[]::new));
    }

    /** Reads the text of a run. */
    TextCorpus corpus() {
        if (source == null || source.names) {
            return TextCorpus.of(text());
        }
        List<String> files =
                source.download
                        ? List.of(Texts.TINY_SHAKESPEARE.download().toString())
                        : source.places;
        return TextCorpus.of(text(), Source.text(files));
    }

    /** Says where the text comes from. */
    String describe() {
        if (source == null) {
            return "the embedded play";
        }
        if (source.names) {
            return "the embedded names";
        }
        return source.download ? "tiny Shakespeare" : String.join(", ", source.places);
    }
}
