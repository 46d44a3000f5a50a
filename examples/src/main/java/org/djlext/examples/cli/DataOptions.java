/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.train.SavedModel;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Which names a command works on: those that come with the project, a file, or the lectures'. */
final class DataOptions {

    /** The two other sources, of which one can be given. */
    static final class Source {
        @Option(names = "--data", paramLabel = "FILE", description = "a file with a name a line")
        @Nullable Path file;

        @Option(
                names = "--download",
                description =
                        "the lectures' 32,033 names, fetched once and kept in DJL's cache directory")
        boolean download;
    }

    @ArgGroup private @Nullable Source source;

    /** Reads the names, which must be in the letters a to z, as the lectures' code needs them. */
    List<String> names() {
        return read(Names::read);
    }

    /** Reads the names, in any alphabet. */
    List<String> namesInAnyAlphabet() {
        return read(Names::readAnyAlphabet);
    }

    private List<String> read(Function<Path, List<String>> reader) {
        if (source == null) {
            return Names.embedded();
        }
        return reader.apply(source.file != null ? source.file : Names.download());
    }

    /** Reads the names of a run, in any alphabet. */
    NamesCorpus corpus() {
        if (source == null) {
            return NamesCorpus.of(Names.embedded());
        }
        return NamesCorpus.read(source.file != null ? source.file : Names.download());
    }

    /** Reads the names that are given, or else those that a model was trained on. */
    NamesCorpus corpus(SavedModel saved) {
        return source == null && saved.source() != null && saved.corpus() instanceof NamesCorpus own
                ? own
                : corpus();
    }

    /** Reads the names if they are given. */
    @Nullable NamesCorpus given() {
        return source == null ? null : corpus();
    }

    /** Says where the names come from. */
    String describe() {
        if (source == null) {
            return "embedded names";
        }
        return source.file != null
                ? "names from " + source.file
                : "names from " + Names.cachedFile();
    }
}
