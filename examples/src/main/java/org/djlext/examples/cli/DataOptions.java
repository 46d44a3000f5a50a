/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.io.PrintWriter;
import java.util.List;
import org.djlext.makemore.data.ItemReader;
import org.djlext.makemore.data.Items;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.data.Source;
import org.djlext.makemore.train.SavedModel;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which names a command works on: those that come with the project, a file, or the lectures'. */
@SuppressWarnings("NullAway.Init") // picocli sets the spec
final class DataOptions {

    /** Files of the user's, and which part of a table is meant. */
    static final class Files {
        @Option(
                names = "--data",
                required = true,
                arity = "1..*",
                paramLabel = "FILE",
                description =
                        "files with a name a line, or tables (.csv, .tsv), with gzip or without;"
                                + " folders; - for standard input")
        List<String> places = List.of();

        @Option(
                names = "--column",
                paramLabel = "NAME",
                description =
                        "the table's column of names: its name, or its number from 1 on; default"
                                + " name, or else the first")
        @Nullable String column;

        @Option(
                names = "--count-column",
                paramLabel = "NAME",
                description = "the table's column that says how often a name occurs; default none")
        @Nullable String countColumn;

        @Option(
                names = "--max-length",
                paramLabel = "N",
                description = "how many characters a name may have, default ${DEFAULT-VALUE}")
        int maxLength = ItemReader.DEFAULT_MAX_LENGTH;
    }

    /** The two other sources, of which one can be given. */
    static final class Given {
        @ArgGroup(exclusive = false)
        @Nullable Files files;

        @Option(
                names = "--download",
                description =
                        "the lectures' 32,033 names, fetched once and kept in DJL's cache directory")
        boolean download;
    }

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @ArgGroup private @Nullable Given source;

    /** Reads the names, which must be in the letters a to z, as the lectures' code needs them. */
    List<String> names() {
        return read(ItemReader.builder().optLettersOnly(true));
    }

    /** Reads the names, in any alphabet. */
    List<String> namesInAnyAlphabet() {
        return read(ItemReader.builder());
    }

    private List<String> read(ItemReader.Builder reader) {
        if (source == null) {
            return Names.embedded();
        }
        Files files = source.files;
        if (files == null) {
            return reader.build().read(Names.download().toString()).items();
        }
        try {
            reader.optMaxLength(files.maxLength);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--max-length: " + e.getMessage());
        }
        Items items =
                reader.optColumn(files.column)
                        .optCountColumn(files.countColumn)
                        .build()
                        .read(files.places.toArray(String[]::new));
        PrintWriter err = spec.commandLine().getErr();
        items.notices().forEach(notice -> err.println(spec.name() + ": " + notice));
        err.flush();
        return items.repeated();
    }

    /** Reads the names of a run, in any alphabet. */
    NamesCorpus corpus() {
        return NamesCorpus.of(namesInAnyAlphabet(), place());
    }

    private Source place() {
        if (source == null) {
            return Source.EMBEDDED_NAMES;
        }
        Files files = source.files != null ? source.files : new Files();
        return Source.names(
                source.files != null
                        ? files.places
                        : List.of(Names.download().toString()),
                files.column,
                files.countColumn,
                files.maxLength);
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
        return source.files != null
                ? "names from " + String.join(", ", source.files.places)
                : "names from " + Names.cachedFile();
    }
}
