/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.Texts;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Gives damaged and crafted files of each format to the commands that read it: there must be one
 * sentence and exit code 2, or the right result. Each file has its seed, so that it can be made
 * again.
 *
 * <p>{@code -Dfuzz.files=2000} takes more files of each format than a build has time for, {@code
 * -Dfuzz.seed=N} others. To be run with {@code -Xmx300m} too.
 */
class FileFuzzTest {

    private static final int FILES = Integer.getInteger("fuzz.files", 60);
    private static final long SEED = Long.getLong("fuzz.seed", 0);
    private static final long MAX_SECONDS = 30;
    private static final Path ROOT = Path.of("..");

    /** What is read. */
    enum Format {
        NAMES_CHECKPOINT,
        GPT_CHECKPOINT,
        SAFETENSORS,
        REFERENCE,
        NAMES,
        TEXT
    }

    /** A file, and whether it is known that it has to be refused. */
    @SuppressWarnings("ArrayRecordComponent") // which are not compared
    private record Case(byte[] file, boolean refused) {}

    private static Path dir;
    private static final List<byte[]> NAMES_CHECKPOINTS = new ArrayList<>();
    private static final List<byte[]> GPT_CHECKPOINTS = new ArrayList<>();
    private static final List<byte[]> SAFETENSORS = new ArrayList<>();
    private static final List<byte[]> REFERENCES = new ArrayList<>();
    private static byte[] names;
    private static byte[] text;

    @BeforeAll
    static void makeGoodFiles(@TempDir Path folder) throws IOException {
        dir = folder;
        names = String.join("\n", Names.embedded().subList(0, 60)).getBytes(StandardCharsets.UTF_8);
        text = Texts.embedded().substring(0, 1000).getBytes(StandardCharsets.UTF_8);
        Files.write(dir.resolve("good-names"), names);
        Files.write(dir.resolve("good-text"), text);
        for (String type : List.of("mlp-bn", "wavenet", "transformer", "gru", "bigram")) {
            String sizes =
                    switch (type) {
                        case "transformer" -> " --n-layer 1 --n-embd 8 --n-head 2";
                        case "bigram" -> ""; // it has the sizes of its alphabet
                        default -> " --n-embd 4 --n-embd2 6";
                    };
            Outcome.ok(
                    "train --model %s --max-steps 4 --data %s --work-dir %s" + sizes,
                    type,
                    dir.resolve("good-names"),
                    dir.resolve(type));
            NAMES_CHECKPOINTS.add(Files.readAllBytes(dir.resolve(type).resolve(RunFolder.LAST)));
        }
        for (String stage : List.of("g1", "g4", "blocks")) {
            String sizes =
                    stage.equals("blocks")
                            ? " --n-layer 2 --n-embd 8 --n-head 2 --block-size 8"
                            : " --stage " + stage;
            Outcome.ok(
                    "train --model gpt --max-steps 2 --text %s --eval-iters 1 --work-dir %s"
                            + " --batch-size 2"
                            + sizes,
                    dir.resolve("good-text"),
                    dir.resolve(stage));
            Path exported = dir.resolve(stage + ".safetensors");
            Outcome.ok("export --work-dir %s %s", dir.resolve(stage), exported);
            GPT_CHECKPOINTS.add(Files.readAllBytes(dir.resolve(stage).resolve(RunFolder.LAST)));
            SAFETENSORS.add(Files.readAllBytes(exported));
        }
        JsonObject ops =
                JsonParser.parseString(
                                Files.readString(
                                        ROOT.resolve(
                                                "djl-extensions/src/test/resources/golden/ops.json")))
                        .getAsJsonObject();
        for (String name : ops.getAsJsonObject("ops").keySet()) {
            JsonObject one = new JsonObject();
            one.add(name, ops.getAsJsonObject("ops").get(name));
            JsonObject root = new JsonObject();
            root.add("ops", one);
            REFERENCES.add(root.toString().getBytes(StandardCharsets.UTF_8));
        }
        for (String model : List.of("makemore_bigram", "makemore_gru", "lecture_gpt")) {
            REFERENCES.add(
                    Files.readAllBytes(
                            ROOT.resolve(
                                    "makemore-models/src/test/resources/golden/model_"
                                            + model
                                            + ".json")));
        }
    }

    @ParameterizedTest
    @EnumSource
    void oneSentenceOrTheRightResult(Format format) throws IOException {
        int refused = 0;
        for (int i = 0; i < FILES; i++) {
            long seed = SEED + i;
            Random random = new Random(seed * 31 + format.name().hashCode());
            Case made = make(format, random);
            Path file = dir.resolve("fuzzed");
            Files.write(file, made.file);
            long start = System.nanoTime();
            Outcome outcome = read(format, file, random);
            long seconds = (System.nanoTime() - start) / 1_000_000_000;
            String what = format + " of -Dfuzz.seed=" + seed + ": " + outcome;
            if (outcome.exitCode() == 2) {
                refused++;
                assertEquals(1, outcome.err().lines().count(), what);
                assertTrue(outcome.err().matches("makemore [a-z-]+: .{10,}"), what);
            } else {
                // The numbers of a reference file may also be wrong ones.
                boolean ended =
                        outcome.exitCode() == 0
                                || (format == Format.REFERENCE && outcome.exitCode() == 1);
                // How many of the names are new goes to standard error.
                boolean quiet = outcome.err().isEmpty() || outcome.err().matches("(in|the) [^\n]+");
                // A run whose data cannot be read again is sampled all the same, with a remark.
                boolean told = !made.refused || !outcome.err().isEmpty();
                assertTrue(ended && quiet && told, what);
            }
            assertTrue(seconds < MAX_SECONDS, "took " + seconds + " s: " + what);
        }
        System.out.printf("%s: %d of %d files refused%n", format, refused, FILES);
    }

    private static Case make(Format format, Random random) throws IOException {
        return switch (format) {
            case NAMES_CHECKPOINT -> checkpoint(NAMES_CHECKPOINTS, random);
            case GPT_CHECKPOINT -> checkpoint(GPT_CHECKPOINTS, random);
            case SAFETENSORS -> {
                byte[] good = any(SAFETENSORS, random);
                byte[] file =
                        random.nextBoolean()
                                ? Damage.of(good, any(SAFETENSORS, random), random)
                                : CraftedSafetensors.of(
                                        CraftedCheckpoint.withMetadata(good, metadata -> {}),
                                        random);
                yield new Case(file, !CraftedSafetensors.isGood(file));
            }
            case REFERENCE -> {
                byte[] good = any(REFERENCES, random);
                String json = new String(good, StandardCharsets.UTF_8);
                byte[] file =
                        random.nextInt(3) == 0
                                ? Damage.of(good, any(REFERENCES, random), random)
                                : JsonMutation.of(
                                                JsonParser.parseString(json).getAsJsonObject(),
                                                random)
                                        .getBytes(StandardCharsets.UTF_8);
                yield new Case(file, !isText(file));
            }
            case NAMES -> text(names, random);
            case TEXT -> text(text, random);
        };
    }

    private static Case checkpoint(List<byte[]> good, Random random) {
        byte[] bytes = any(good, random);
        return random.nextInt(3) == 0
                ? new Case(Damage.of(bytes, any(good, random), random), false)
                : new Case(CraftedCheckpoint.of(bytes, random), false);
    }

    private static Case text(byte[] good, Random random) {
        byte[] file = good;
        if (random.nextBoolean()) {
            StringBuilder strange = new StringBuilder();
            for (int i = random.nextInt(200); i >= 0; i--) {
                int run = random.nextInt(50) == 0 ? 100_000 : 1;
                strange.append(Character.toString(character(random)).repeat(run));
            }
            file = Damage.join(good, strange.toString().getBytes(StandardCharsets.UTF_8), good);
        }
        if (random.nextBoolean()) {
            file = Damage.of(file, good, random);
        }
        return new Case(file, !isText(file));
    }

    private static int character(Random random) {
        return switch (random.nextInt(6)) {
            case 0 -> '\n';
            case 1 -> "\r\t .\u0000\uFEFF\u2028".charAt(random.nextInt(7));
            case 2 -> 0x10000 + random.nextInt(0x100000);
            case 3 -> 0xA0 + random.nextInt(0xD000);
            default -> 'a' + random.nextInt(26);
        };
    }

    private static boolean isText(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    private static byte[] any(List<byte[]> files, Random random) {
        return files.get(random.nextInt(files.size()));
    }

    private static Outcome read(Format format, Path file, Random random) throws IOException {
        boolean first = random.nextInt(3) > 0;
        String sample = "sample --checkpoint %s ";
        return switch (format) {
            case NAMES_CHECKPOINT ->
                    first
                            ? Outcome.run(sample + "--num-samples 2", file)
                            : resume(file, "--data", "good-names");
            case GPT_CHECKPOINT ->
                    first
                            ? Outcome.run(sample + "--max-new-tokens 3", file)
                            : resume(file, "--text", "good-text");
            case SAFETENSORS -> Outcome.run("sample --safetensors %s --max-new-tokens 3", file);
            case REFERENCE -> Outcome.of("verify", file);
            case NAMES -> {
                Path model = dir.resolve("bigram").resolve(RunFolder.LAST);
                yield Outcome.run(sample + "--num-samples 1 --data %s", model, file);
            }
            case TEXT -> {
                Path model = dir.resolve("blocks").resolve(RunFolder.LAST);
                yield Outcome.run(
                        "eval --checkpoint %s --eval-iters 1 --batch-size 2 --text %s",
                        model, file);
            }
        };
    }

    private static Outcome resume(Path file, String option, String data) throws IOException {
        Path run = Files.createDirectories(dir.resolve("resumed"));
        Files.deleteIfExists(run.resolve(RunFolder.BEST));
        Files.copy(file, run.resolve(RunFolder.LAST), StandardCopyOption.REPLACE_EXISTING);
        return Outcome.of("train", "--resume", "--work-dir", run, option, dir.resolve(data));
    }
}
