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
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
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

    /** What is read. */
    enum Format {
        NAMES_CHECKPOINT,
        GPT_CHECKPOINT,
        SAFETENSORS,
        REFERENCE,
        NAMES,
        TEXT
    }

    private static Path dir;
    private static final Map<Format, List<byte[]>> GOOD = new EnumMap<>(Format.class);

    private static Path write(String name, byte[] bytes) throws IOException {
        return Files.write(dir.resolve(name), bytes);
    }

    private static void good(Format format, Path file) throws IOException {
        GOOD.computeIfAbsent(format, f -> new ArrayList<>()).add(Files.readAllBytes(file));
    }

    private static JsonObject json(byte[] file) {
        return JsonParser.parseString(new String(file, StandardCharsets.UTF_8)).getAsJsonObject();
    }

    @BeforeAll
    static void makeGoodFiles(@TempDir Path folder) throws IOException {
        dir = folder;
        String few = String.join("\n", Names.embedded().subList(0, 60));
        Path names = write("good-names", few.getBytes(StandardCharsets.UTF_8));
        byte[] play = Texts.embedded().substring(0, 1000).getBytes(StandardCharsets.UTF_8);
        Path text = write("good-text", play);
        good(Format.NAMES, names);
        good(Format.TEXT, text);
        String sizes = " --n-embd 4 --n-embd2 6";
        for (String model :
                List.of(
                        "mlp-bn" + sizes,
                        "wavenet" + sizes,
                        "transformer --n-layer 1 --n-embd 8 --n-head 2",
                        "gru" + sizes,
                        "bigram")) {
            Path run = dir.resolve(model.split(" ", 2)[0]);
            String train = "train --model " + model + " --max-steps 4 --data %s --work-dir %s";
            Outcome.ok(train, names, run);
            good(Format.NAMES_CHECKPOINT, run.resolve(RunFolder.LAST));
        }
        for (String stage :
                List.of(
                        "--stage g1",
                        "--stage g4",
                        "--n-layer 2 --n-embd 8 --n-head 2 --block-size 8")) {
            Path run = dir.resolve(stage.startsWith("--stage") ? stage.substring(8) : "blocks");
            String train = "train --model gpt --max-steps 2 --eval-iters 1 --batch-size 2 " + stage;
            Outcome.ok(train + " --text %s --work-dir %s", text, run);
            good(Format.GPT_CHECKPOINT, run.resolve(RunFolder.LAST));
            Path exported = dir.resolve("good.safetensors");
            Outcome.ok("export --work-dir %s %s", run, exported);
            good(Format.SAFETENSORS, exported);
        }
        Path golden = Path.of("src/test/resources/golden");
        Path ops = Path.of("../djl-extensions").resolve(golden).resolve("ops.json");
        JsonObject all = json(Files.readAllBytes(ops)).getAsJsonObject("ops");
        for (String name : all.keySet()) {
            String one = "{\"ops\": {\"%s\": %s}}".formatted(name, all.get(name));
            good(Format.REFERENCE, write("good-op", one.getBytes(StandardCharsets.UTF_8)));
        }
        for (String model : List.of("makemore_bigram", "makemore_gru", "lecture_gpt")) {
            Path file = Path.of("../makemore-models").resolve(golden);
            good(Format.REFERENCE, file.resolve("model_" + model + ".json"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void oneSentenceOrTheRightResult(Format format) throws IOException {
        int refused = 0;
        for (int i = 0; i < FILES; i++) {
            long seed = SEED + i;
            Random random = new Random(seed * 31 + format.name().hashCode());
            byte[] bytes = make(format, random);
            Path file = write("fuzzed", bytes);
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
                boolean told = !isBad(format, bytes) || !outcome.err().isEmpty();
                assertTrue(ended && quiet && told, what);
            }
            assertTrue(seconds < MAX_SECONDS, "took " + seconds + " s: " + what);
        }
        System.out.printf("%s: %d of %d files refused%n", format, refused, FILES);
    }

    private static byte[] make(Format format, Random random) {
        byte[] good = any(format, random);
        if (format == Format.NAMES || format == Format.TEXT) {
            return text(good, random);
        }
        return random.nextInt(3) == 0
                ? Damage.of(good, any(format, random), random)
                : crafted(format, good, random);
    }

    /** Tells whether it is known that a file has to be refused. */
    private static boolean isBad(Format format, byte[] file) {
        return switch (format) {
            case SAFETENSORS -> !CraftedSafetensors.isGood(file);
            case REFERENCE, NAMES, TEXT -> !isText(file);
            default -> false;
        };
    }

    private static byte[] crafted(Format format, byte[] good, Random random) {
        return switch (format) {
            case SAFETENSORS ->
                    CraftedSafetensors.of(
                            CraftedCheckpoint.withMetadata(good, metadata -> {}), random);
            case REFERENCE -> JsonMutation.of(json(good), random).getBytes(StandardCharsets.UTF_8);
            default -> CraftedCheckpoint.of(good, random);
        };
    }

    private static byte[] text(byte[] good, Random random) {
        byte[] file = good;
        if (random.nextBoolean()) {
            StringBuilder strange = new StringBuilder();
            for (int i = random.nextInt(200); i >= 0; i--) {
                int run = random.nextInt(50) == 0 ? 100_000 : 1;
                strange.append(Character.toString(character(random)).repeat(run));
            }
            file = Damage.join(good, strange.toString().getBytes(StandardCharsets.UTF_8), good);
        }
        return random.nextBoolean() ? Damage.of(file, good, random) : file;
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

    private static byte[] any(Format format, Random random) {
        List<byte[]> files = GOOD.getOrDefault(format, List.of());
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
