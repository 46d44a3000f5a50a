/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.Items;
import org.djlext.makemore.data.NameSplit;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.data.Source;
import org.djlext.makemore.data.TextCorpus;
import org.djlext.makemore.data.Texts;
import org.djlext.makemore.train.SavedModel;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * What a command works on: names or a text, from the project, the user's files or the lectures'.
 */
@SuppressWarnings("NullAway.Init") // picocli sets the spec
final class DataOptions {

    private static final String NAMES = "names";
    private static final String MAX_LENGTH = "--max-length";

    @Option(names = "--data", arity = "1..*", paramLabel = "FILE")
    private List<String> names = List.of();

    @Option(names = "--column", paramLabel = "NAME")
    private @Nullable String column;

    @Option(names = "--count-column", paramLabel = "NAME")
    private @Nullable String countColumn;

    @Option(names = MAX_LENGTH, paramLabel = "N", defaultValue = "" + Source.DEFAULT_MAX_LENGTH)
    private int maxLength;

    @Option(names = "--text", arity = "1..*", paramLabel = "FILE")
    private List<String> texts = List.of();

    @Option(names = "--download")
    private boolean download;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(names = "--vocab-size", paramLabel = "N")
    private int vocabSize;

    /** Reads the names, which must be in the letters a to z, as the lectures' code needs them. */
    List<String> letters() {
        return names(source().letters());
    }

    /** Reads names in any alphabet. */
    NamesCorpus names() {
        Source source = source();
        return NamesCorpus.of(names(source.items()), source);
    }

    private List<String> names(Items items) {
        items.notices().forEach(notice -> CommandLines.remark(spec, notice));
        return items.items();
    }

    /** Refuses options that cannot be given together. */
    private void check() {
        if (Stream.concat(names.stream(), texts.stream()).anyMatch(String::isBlank)) {
            throw new Mistake("--data and --text must name files or folders, but a name is empty");
        }
        if (Stream.of(!names.isEmpty(), !texts.isEmpty(), download).filter(g -> g).count() > 1) {
            throw new Mistake("--data, --text and --download exclude each other; give one of them");
        }
        if (names.isEmpty() && (column != null || countColumn != null)) {
            throw new Mistake("--column and --count-column are for tables; give one with --data");
        }
    }

    /** Returns the source of names. */
    private Source source() {
        check();
        if (vocabSize != 0) {
            throw new Mistake("--vocab-size is for texts, and names have their characters");
        }
        if (!texts.isEmpty()) {
            throw new Mistake(
                    "--text is for models of texts, and this is about names; give --data");
        }
        if (!download && names.isEmpty()) {
            Mistake.ifGiven(spec, "in the embedded names; give others with --data", MAX_LENGTH);
            return Source.EMBEDDED_NAMES;
        }
        Mistake.between(MAX_LENGTH, maxLength, 1, Source.LARGEST_MAX_LENGTH);
        List<String> files = download ? List.of(Names.LECTURES.download().toString()) : names;
        return Mistake.unless(() -> Source.names(files, column, countColumn, maxLength));
    }

    /** Reads a text. */
    TextCorpus text() {
        check();
        if (!names.isEmpty()) {
            throw new Mistake("--data is for names, and this is about a text; give --text");
        }
        Mistake.ifGiven(spec, "in a text; it is for names", MAX_LENGTH);
        List<String> files =
                download ? List.of(Texts.TINY_SHAKESPEARE.download().toString()) : texts;
        String text = files.isEmpty() ? Texts.embedded() : Texts.read(files.toArray(String[]::new));
        return Mistake.unless(() -> TextCorpus.of(text, Source.text(files, vocabSize)));
    }

    /** Reads what is given, or by default a text or names. */
    Corpus corpus(boolean text) {
        return !texts.isEmpty() || (text && names.isEmpty()) ? text() : names();
    }

    /** Reads what is given, or else what a model was trained on, if that is known. */
    Corpus corpus(SavedModel saved) {
        if (isGiven() || saved.source() == null) {
            return corpus(!saved.vocabulary().hasSeparator());
        }
        refuse("where the model's own data are read; give others with --data");
        return saved.corpus();
    }

    /** Tells whether data are given. */
    boolean isGiven() {
        return download || !names.isEmpty() || !texts.isEmpty();
    }

    /** Refuses data where nobody reads any. */
    void refuse(String where) {
        Mistake.ifGiven(
                spec,
                where,
                "--data",
                "--text",
                "--download",
                "--column",
                "--count-column",
                MAX_LENGTH,
                "--vocab-size");
    }

    /** Says where names come from. */
    String origin() {
        return origin(NAMES, download ? source().files() : List.of());
    }

    /** Says what comes from where; the user's files as the user wrote them. */
    private String origin(String what, List<String> known) {
        List<String> files = !names.isEmpty() ? names : !texts.isEmpty() ? texts : known;
        if (files.isEmpty()) {
            return what.equals(NAMES) ? "embedded names" : what + " of the embedded play";
        }
        return what + " from " + String.join(", ", files);
    }

    /** Says how much there is, of what, and from where. */
    String describe(Corpus corpus) {
        List<String> files = corpus.source().files();
        if (corpus instanceof TextCorpus text) {
            return count(text.text().codePoints().count()) + " " + origin("characters", files);
        }
        NameSplit split = ((NamesCorpus) corpus).split();
        int names = split.train().size() + split.dev().size() + split.test().size();
        return count(names) + " " + origin(NAMES, files);
    }

    private static String count(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }
}
