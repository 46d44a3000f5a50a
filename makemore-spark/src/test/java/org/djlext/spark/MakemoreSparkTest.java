/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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

    static Outcome run(String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code =
                CommandLines.execute(
                        new CommandLine(new MakemoreSpark())
                                .setOut(new PrintWriter(out))
                                .setErr(new PrintWriter(err)),
                        args);
        return new Outcome(code, out.toString(), err.toString());
    }

    private String path(String name) {
        return dir.resolve(name).toString();
    }

    @Test
    void drawsScoresAndCounts() {
        String checkpoint = LocalSpark.model(dir, ModelType.MLP).toString();
        Outcome drawn = draw(checkpoint, 3, "drawn");
        assertEquals(0, drawn.code, drawn.err);
        assertTrue(drawn.out.startsWith("2,000 names in "), drawn.out);
        String hash = drawn.out.replaceAll("(?s).*; hash ", "");
        assertTrue(hash.matches("[0-9A-F]{9,16}\n"), drawn.out);
        String other = draw(checkpoint, 1, "other").out;
        assertTrue(other.endsWith("; hash " + hash), drawn.out + other);

        Outcome scored =
                run(
                        "score",
                        "--master",
                        "local[2]",
                        "--checkpoint",
                        checkpoint,
                        "--data",
                        path("drawn"),
                        "--out",
                        path("scored"));
        assertEquals(0, scored.code, scored.err);
        assertTrue(
                scored.out.matches(
                        "2,000 names in .* a second\nlog-likelihood -\\d+\\.\\d+,"
                                + " loss [234]\\.\\d{4} a character\n"),
                scored.out);

        Outcome counted =
                run(
                        "ngrams",
                        "--master",
                        "local[2]",
                        "--data",
                        path("scored"),
                        "--n",
                        "3",
                        "--out",
                        path("counts"));
        assertEquals(0, counted.code, counted.err);
        assertEquals(10, counted.out.lines().count());
    }

    private Outcome draw(String checkpoint, int partitions, String out) {
        return run(
                "sample",
                "--master=local[2]",
                "--checkpoint",
                checkpoint,
                "--count=2000",
                "--partitions",
                String.valueOf(partitions),
                "--out",
                path(out));
    }

    @Test
    void sweepsOverEachCombination() throws IOException {
        Path text = Files.write(dir.resolve("names.txt"), Names.embedded());
        String[] command = {
            "sweep",
            "--master",
            "local[2]",
            "--data",
            text.toString(),
            "--work-dir",
            path("sweep"),
            "--max-steps",
            "20",
            "--lr",
            "0.1,0.001",
            "--n-embd2",
            "16,32",
            "--seed",
            "7"
        };
        Outcome swept = run(command);
        assertEquals(0, swept.code, swept.err);
        List<String> lines = swept.out.lines().toList();
        assertEquals(5, lines.size(), swept.out);
        assertTrue(lines.get(0).contains("lr=0.1,"), swept.out);
        assertTrue(lines.get(3).contains("lr=0.001,"), swept.out);
        String best = lines.get(4).replace("the best model is ", "");
        assertTrue(Files.exists(Path.of(best)), best);
        assertEquals(swept.out, run(command).out, "nothing is done again");
        command[8] = "-1";
        assertEquals(2, run(command).code);
        command[7] = "--max-step";
        assertTrue(run(command).err.contains("but got --max-step"), run(command).err);
    }

    @Test
    void readsTextAndSaysWhatItCannotScore() throws IOException {
        Path text = Files.writeString(dir.resolve("names.txt"), "emma\n\nZ0rro\n");
        Outcome scored =
                run(
                        "score",
                        "--master",
                        "local[2]",
                        "--checkpoint",
                        LocalSpark.model(dir, ModelType.BIGRAM).toString(),
                        "--data",
                        text.toString(),
                        "--out",
                        path("scored"));
        assertEquals(0, scored.code, scored.err);
        assertTrue(
                scored.out.endsWith(
                        "1 names have no number, because they are null or the model cannot read"
                                + " them\n"),
                scored.out);
        Files.writeString(text, "\n\n");
        Outcome empty =
                run(
                        "score",
                        "--master",
                        "local[2]",
                        "--checkpoint",
                        path("bigram.safetensors"),
                        "--data",
                        text.toString(),
                        "--column",
                        "given name",
                        "--out",
                        path("empty"));
        assertEquals(2, empty.code);
        assertTrue(empty.err.endsWith("score: there are no names in " + text + "\n"), empty.err);
    }

    @Test
    void mistakesAreASentence() throws IOException {
        Path none = dir.resolve("none.safetensors");
        Outcome noModel =
                run(
                        "score",
                        "--master",
                        "local[2]",
                        "--checkpoint",
                        none.toString(),
                        "--data",
                        path("in"),
                        "--out",
                        path("out"));
        assertEquals(2, noModel.code);
        assertTrue(
                noModel.err.contains("score: the checkpoint " + none + " cannot be read: File "),
                noModel.err);
        Outcome noData =
                run("ngrams", "--master", "local[2]", "--data", path("in"), "--out", path("out"));
        assertEquals(2, noData.code);
        assertEquals(1, noData.err.lines().count(), noData.err);
        Files.createDirectories(dir.resolve("out"));
        Path text = Files.writeString(dir.resolve("names.txt"), "emma\n");
        Outcome there =
                run(
                        "ngrams",
                        "--master",
                        "local[2]",
                        "--data",
                        text.toString(),
                        "--out",
                        path("out"));
        assertEquals(2, there.code);
        assertTrue(there.err.contains("already exists"), there.err);
        assertEquals(2, run("score", "--master", "local[2]").code);
        String[] wide = {"train", "--master=local[2]", "--world-size=3", "--work-dir", path("run")};
        assertEquals(2, run(wide).code);
        assertTrue(
                run(wide)
                        .err
                        .endsWith(
                                "each of 3 ranks needs a core, but local[2] has 2; try --master local[3]\n"),
                run(wide).err);
        assertEquals(
                "makemore-spark: makemore-spark needs a command, one of train, sweep, sample,"
                        + " score, ngrams;"
                        + " makemore-spark --help describes them\n",
                run().err);
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
