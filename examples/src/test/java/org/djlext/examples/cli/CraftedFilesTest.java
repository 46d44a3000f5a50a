/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that were made to do harm: one sentence, and exit code 2. */
class CraftedFilesTest {

    private static final String WEIGHT = "model/logits";
    private static final int NAN = 0x7fc00000;

    /** What Java and Gson say of their own insides, and what a user can do nothing with. */
    private static final Pattern INTERNALS =
            Pattern.compile(
                    "Exception|Cannot invoke|Failed to invoke|JsonNull|org\\.djlext|: null$"
                            + "|must have size");

    private static Path dir;
    private static byte[] checkpoint;
    private static byte[] gpt;
    private static byte[] safetensors;

    @BeforeAll
    static void train(@TempDir Path folder) throws IOException {
        dir = folder;
        Path bigram = dir.resolve("bigram");
        Outcome.ok("train --model bigram --max-steps 2 --work-dir %s", bigram);
        checkpoint = Files.readAllBytes(bigram.resolve(RunFolder.LAST));
        Path run = dir.resolve("gpt");
        Outcome.ok("train --stage g1 --max-steps 2 --work-dir %s", run);
        gpt = Files.readAllBytes(run.resolve(RunFolder.LAST));
        Path exported = dir.resolve("good.safetensors");
        Outcome.ok("export --work-dir %s %s", run, exported);
        safetensors = Files.readAllBytes(exported);
    }

    private static String refused(Object... command) {
        Outcome outcome = Outcome.of(command);
        assertEquals(2, outcome.exitCode(), outcome.err());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertFalse(INTERNALS.matcher(outcome.err()).find(), outcome.err());
        return outcome.err();
    }

    private static void assertRefused(String reason, Object... command) {
        String message = refused(command);
        assertTrue(message.contains(reason), message);
    }

    private static void assertRefused(String reason, byte[] checkpoint) throws IOException {
        assertRefused(reason, "sample", "--checkpoint", write(checkpoint));
    }

    private static Path write(byte[] bytes) throws IOException {
        return Files.write(dir.resolve("crafted"), bytes);
    }

    /** What the header of a run says instead, or no longer. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "model | -",
                "model | null",
                "model.type | null",
                "model.type | \"lstm\"",
                "model.axes | null",
                "model.layers | 2147483647",
                "model.blockSize | 2147483647",
                "model.vocabSize | 1000000000",
                "model.embedding | -1",
                "model.gain | \"much\"",
                "vocabulary | -",
                "vocabulary | null",
                "settings.optimizer | null",
                "settings.batchSize | -5",
                "settings.batchSize | 2147483647",
                "settings.clip | NaN",
                "settings.learningRate | {}",
                "settings.evaluation | null",
                "settings.gradients | 7",
                "step | -1",
                "step | 1000000000",
                "step | 3",
                "step | null",
                "step | \"2\"",
                "step | 2.5",
            })
    void aHeaderThatDoesNotAddUp(String place, String value) throws IOException {
        String[] names = place.split("\\.", -1);
        String last = names[names.length - 1];
        Path run = Files.createDirectories(dir.resolve("resumed"));
        for (byte[] good : List.of(checkpoint, gpt)) {
            byte[] file =
                    CraftedCheckpoint.withHeader(
                            good,
                            header -> {
                                JsonObject part =
                                        names.length == 1
                                                ? header
                                                : header.getAsJsonObject(names[0]);
                                part.remove(last);
                                if (!value.equals("-")) {
                                    part.add(last, JsonParser.parseString(value));
                                }
                            });
            if (place.matches("model.*|vocabulary")) {
                assertRefused("", file);
            }
            Files.write(run.resolve(RunFolder.LAST), file);
            refused("train", "--resume", "--work-dir", run);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"format", "version", "header"})
    void aFileThatDoesNotSayWhatItIs(String name) throws IOException {
        for (String value : List.of("", "3", "none")) {
            assertRefused(
                    "",
                    CraftedCheckpoint.withMetadata(checkpoint, m -> m.addProperty(name, value)));
        }
        assertRefused("", CraftedCheckpoint.withMetadata(checkpoint, m -> m.remove(name)));
    }

    @Test
    void aTensorThatDoesNotAddUp() throws IOException {
        for (long size : new long[] {-1, 0, 1, 1L << 31, 1L << 32, Long.MAX_VALUE}) {
            for (int axes = 1; axes <= 2; axes++) {
                int changed = axes;
                byte[] file =
                        CraftedCheckpoint.with(
                                checkpoint,
                                header -> {
                                    JsonArray shape =
                                            header.getAsJsonObject(WEIGHT).getAsJsonArray("shape");
                                    for (int axis = 0; axis < changed; axis++) {
                                        shape.set(axis, new JsonPrimitive(size));
                                    }
                                });
                assertRefused("is no checkpoint, or a damaged one: ", file);
            }
        }
        for (int place = 0; place < 70; place++) {
            byte[] file = CraftedCheckpoint.withMetadata(checkpoint, metadata -> {});
            file[place] = (byte) 0xff;
            Outcome outcome = Outcome.of("sample", "--num-samples", 0, "--checkpoint", write(file));
            assertTrue(Set.of(0, 2).contains(outcome.exitCode()), outcome.err());
            assertTrue(outcome.err().lines().count() < 2, outcome.err());
        }
        String empty = "{\"dtype\": \"F32\", \"shape\": [0], \"data_offsets\": [0, 0]}";
        byte[] more =
                CraftedCheckpoint.with(
                        checkpoint, h -> h.add("model/other", JsonParser.parseString(empty)));
        assertRefused("has model/other, which belongs to nothing", more);
    }

    @Test
    void aFileThatWasChanged() throws IOException {
        for (byte[] good : List.of(checkpoint, gpt)) {
            byte[] file = good.clone();
            file[file.length - 1] ^= 1;
            assertRefused("it has another checksum", file);
        }
        String text = new String(checkpoint, StandardCharsets.ISO_8859_1);
        assertRefused(
                "it has another checksum",
                text.replaceFirst("maxSteps", "minSteps").getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void weightsThatAreNoNumbers() throws IOException {
        byte[] run = CraftedCheckpoint.withMetadata(checkpoint, metadata -> {});
        ByteBuffer.wrap(run)
                .putInt(CraftedCheckpoint.lastNumber(run, WEIGHT), Integer.reverseBytes(NAN));
        assertRefused("model/logits holds NaN or an infinity", run);
        byte[] bytes = CraftedCheckpoint.withMetadata(safetensors, metadata -> {});
        ByteBuffer.wrap(bytes).putInt(bytes.length - 4, Integer.reverseBytes(NAN));
        assertRefused("holds NaN or an infinity", "sample", "--safetensors", write(bytes));
    }

    /** Tensors, how many bytes of data there are, and what is said of them. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                // More than there is.
                "a: F32 [1000000,1000000] [0,4] | 4 | cannot have the shape",
                "a: F32 [4294967296,4294967296] [0,0] | 0 | cannot have the shape",
                "a: F32 [1,2] [0,4] | 4 | cannot be at [0, 4]",
                "a: F32 [1,2] [0,8] | 4 | its tensors take 8 bytes",
                "a: F32 [-1,-1] [0,4] | 4 | a whole number from 0",
                // Overlaps and gaps.
                "a: F32 [1] [0,4], b: F32 [1] [2,6] | 6 | b must begin at 4, but begins at 2",
                "a: F32 [1] [0,4], b: F32 [1] [0,4] | 4 | b must begin at 4, but begins at 0",
                "a: F32 [1] [0,4], b: F32 [1] [5,9] | 9 | b must begin at 4, but begins at 5",
                "a: F32 [1] [0,4], b: F32 [1] [4,8] | 9 | its tensors take 8 bytes",
                "a: F32 [1] [0,4], b: F32 [1] [8,4] | 8 | cannot be at [8, 4]",
                // Types that are none.
                "a: F7 [1] [0,4] | 4 | F7",
                "a: F16 [1] [0,4] | 4 | F16",
                "a: null [1] [0,4] | 4 | dtype",
                "a: 7 [1] [0,4] | 4 | dtype",
                "a: [] [1] [0,4] | 4 | dtype",
            })
    void safetensorsThatDoNotAddUp(String tensors, int bytes, String reason) throws IOException {
        String header =
                tensors.replaceAll(
                                "(\\w): (\\S+) (\\S+) (\\[[^]]*\\])",
                                "\"$1\":{\"dtype\":$2,\"shape\":$3,\"data_offsets\":$4}")
                        .replaceAll("F\\d+", "\"$0\"");
        Path file = write(CraftedSafetensors.file("{" + header + "}", 0, new byte[bytes]));
        assertRefused(reason, "sample", "--safetensors", file);
    }

    @Test
    void safetensorsWithAHeaderOfAnotherLength() throws IOException {
        byte[] plain = CraftedCheckpoint.withMetadata(safetensors, metadata -> {});
        byte[] data = Arrays.copyOfRange(plain, 8 + CraftedSafetensors.length(plain), plain.length);
        String header = CraftedSafetensors.header(plain).toString();
        for (int off : new int[] {-2, -1, 1, 2, 1000, -header.length(), Integer.MAX_VALUE}) {
            for (String spaces : List.of("", "   ")) {
                refused(
                        "sample",
                        "--safetensors",
                        write(CraftedSafetensors.file(header + spaces, off, data)));
            }
        }
        Path good = write(CraftedSafetensors.file(header, 0, data));
        assertEquals(
                0, Outcome.of("sample", "--safetensors", good, "--max-new-tokens", 1).exitCode());
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void devices() throws IOException {
        Path zero = Path.of("/dev/zero");
        Path link = dir.resolve("link.json");
        Files.createSymbolicLink(link, zero);
        for (Path device : List.of(zero, link)) {
            String reason = device + " is a device or a pipe; give a file";
            assertRefused(reason, "sample", "--checkpoint", device);
            assertRefused(reason, "train", "--data", device, "--work-dir", dir.resolve("none"));
            assertRefused(reason, "sample", "--safetensors", device);
            assertRefused(reason, "train", "--text", device, "--work-dir", dir.resolve("n"));
            assertRefused(reason, "verify", device);
        }
    }
}
