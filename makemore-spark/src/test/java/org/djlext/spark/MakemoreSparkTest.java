/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import static org.djlext.testing.Failures.assertContains;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.djlext.examples.cli.CommandLines;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.model.ModelType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The commands, on the session of {@link LocalSpark}. */
class MakemoreSparkTest {

    private static final String SCORE =
            "score --master local[2] --checkpoint %s --data %s --out %s";
    private static final String COUNT = "ngrams --master local[2] --data %s --out %s";

    private final Path dir;

    MakemoreSparkTest(@TempDir Path dir) {
        this.dir = dir;
    }

    /** What a command printed, and how it ended. */
    record Outcome(int code, String out, String err) {}

    @BeforeEach
    void start() {
        LocalSpark.session();
    }

    /** Runs a line, in which each %s is one of the values. */
    static Outcome run(String line, Object... values) {
        Iterator<Object> value = List.of(values).iterator();
        String[] words =
                Stream.of(line.split(" ", -1))
                        .filter(word -> !word.isEmpty())
                        .map(word -> word.contains("%s") ? word.formatted(value.next()) : word)
                        .toArray(String[]::new);
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code =
                CommandLines.execute(
                        new CommandLine(new MakemoreSpark())
                                .setOut(new PrintWriter(out))
                                .setErr(new PrintWriter(err)),
                        words);
        return new Outcome(code, out.toString(), err.toString());
    }

    private static String ok(String line, Object... values) {
        Outcome outcome = run(line, values);
        assertEquals(0, outcome.code, outcome.err);
        return outcome.out;
    }

    private static String mistake(String line, Object... values) {
        Outcome outcome = run(line, values);
        assertEquals(2, outcome.code, outcome.out);
        assertEquals(1, outcome.err.lines().count(), outcome.err);
        return outcome.err;
    }

    private Path path(String name) {
        return dir.resolve(name);
    }

    @Test
    void drawsScoresAndCounts() {
        Path checkpoint = LocalSpark.model(dir, ModelType.MLP);
        String drawn = draw(checkpoint, 3, "drawn");
        assertTrue(drawn.startsWith("2,000 names in "), drawn);
        String hash = drawn.replaceAll("(?s).*; hash ", "");
        assertTrue(hash.matches("[0-9A-F]{9,16}\n"), drawn);
        String other = draw(checkpoint, 1, "other");
        assertTrue(other.endsWith("; hash " + hash), drawn + other);
        String scored = ok(SCORE, checkpoint, path("drawn"), path("scored"));
        assertTrue(
                scored.matches(
                        "2,000 names in .* a second\nlog-likelihood -\\d+\\.\\d+,"
                                + " loss [234]\\.\\d{4} a character\n"),
                scored);
        assertEquals(10, ok(COUNT + " --n 3", path("scored"), path("counts")).lines().count());
    }

    private String draw(Path checkpoint, int partitions, String out) {
        return ok(
                "sample --master=local[2] --checkpoint %s --count=2000 --partitions %s --out %s",
                checkpoint, partitions, path(out));
    }

    @Test
    void sweepsOverEachCombination() throws IOException {
        Path text = Files.write(path("names.txt"), Names.embedded());
        String line =
                "sweep --master local[2] --data %s --work-dir %s --max-steps 20 --lr 0.1,0.001"
                        + " --n-embd2 16,32 --seed 7";
        String swept = ok(line, text, path("sweep"));
        List<String> lines = swept.lines().toList();
        assertEquals(5, lines.size(), swept);
        assertTrue(lines.get(0).contains("lr=0.1,"), swept);
        assertTrue(lines.get(3).contains("lr=0.001,"), swept);
        String best = lines.get(4).replace("the best model is ", "");
        assertTrue(Files.exists(Path.of(best)), best);
        assertEquals(swept, ok(line, text, path("sweep")), "nothing is done again");
        mistake(line.replace("steps 20", "steps -1"), text, path("sweep"));
        String unknown = mistake(line.replace("--max-steps", "--max-step"), text, path("sweep"));
        assertContains(unknown, "but got --max-step");
    }

    @Test
    void readsTextAndSaysWhatItCannotScore() throws IOException {
        Path text = Files.writeString(path("names.txt"), "emma\n\nZ0rro\n");
        Path checkpoint = LocalSpark.model(dir, ModelType.BIGRAM);
        String scored = ok(SCORE, checkpoint, text, path("scored"));
        assertTrue(
                scored.endsWith(
                        "1 names have no number, because they are null or the model cannot read"
                                + " them\n"),
                scored);
        Files.writeString(text, "\n\n");
        String empty =
                mistake(SCORE + " --column %s", checkpoint, text, path("empty"), "given name");
        assertTrue(empty.endsWith("score: there are no names in " + text + "\n"), empty);
    }

    @Test
    void mistakesAreASentence() throws IOException {
        Path none = path("none.safetensors");
        String noModel = mistake(SCORE, none, path("in"), path("out"));
        assertContains(noModel, "score: the checkpoint " + none + " cannot be read: File ");
        mistake(COUNT, path("in"), path("out"));
        Files.createDirectories(path("out"));
        Path text = Files.writeString(path("names.txt"), "emma\n");
        String there = mistake(COUNT, text, path("out"));
        assertContains(there, "already exists");
        mistake("score --master local[2]");
        String wide = mistake("train --master=local[2] --world-size=3 --work-dir %s", path("run"));
        assertTrue(
                wide.endsWith(
                        "each of 3 ranks needs a core, but local[2] has 2; try --master local[3]\n"),
                wide);
        assertEquals(
                "makemore-spark: makemore-spark needs a command, one of train, sweep, sample,"
                        + " score, ngrams;"
                        + " makemore-spark --help describes them\n",
                mistake(""));
    }

    @Test
    void helpSaysWhatCommandsAndOptionsAreFor() {
        for (CommandLine command : new CommandLine(new MakemoreSpark()).getSubcommands().values()) {
            CommandSpec spec = command.getCommandSpec();
            assertTrue(spec.usageMessage().description().length > 0, spec.name());
            for (OptionSpec option : spec.options()) {
                assertTrue(option.description().length > 0, spec.name() + " " + option);
            }
        }
    }
}
