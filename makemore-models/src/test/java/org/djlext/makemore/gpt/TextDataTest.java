/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.IntStream;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.gpt.TextData.Batch;
import org.djlext.makemore.gpt.TextData.Split;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextDataTest {

    @AutoClose private final NDManager manager = NDManager.newBaseManager();
    private final Path dir;

    TextDataTest(@TempDir Path dir) {
        this.dir = dir;
    }

    /** The lecture's first batch: seed 1337, 4 sequences of 8 characters. */
    @Test
    void firstBatchIsTheLectures() {
        Optional<Path> file = Texts.TINY_SHAKESPEARE.findLocal();
        assumeTrue(
                file.isPresent(),
                "tinyshakespeare.txt is not here; name its folder in MAKEMORE_DATA");
        String text = Texts.read(file.orElseThrow());
        assertEquals(1_115_394, text.length());
        CharVocabulary tokenizer = CharVocabulary.ofText(text);
        assertEquals(65, tokenizer.size());
        assertArrayEquals(
                new int[] {46, 47, 47, 1, 58, 46, 43, 56, 43}, tokenizer.encode("hii there"));
        TextData data = new TextData(manager, tokenizer.encode(text), 8);
        assertArrayEquals(
                new long[] {18, 47, 56, 57, 58, 1, 15, 47, 58},
                data.tokens(Split.TRAIN).get("0:9").toLongArray());
        assertEquals(1_003_854, data.tokens(Split.TRAIN).size());
        Engine.getInstance().setRandomSeed(1337);
        Batch batch = data.batch(manager, Split.TRAIN, 4);
        assertArrayEquals(
                new long[] {24, 43, 58, 5, 57, 1, 46, 43}, batch.x().get(0).toLongArray());
        assertArrayEquals(
                new long[] {43, 58, 5, 57, 1, 46, 43, 39}, batch.y().get(0).toLongArray());
        assertArrayEquals(new long[] {52, 58, 1}, batch.x().get("2, 0:3").toLongArray());
        assertEquals(58, batch.y().get("2, 2").getLong());
    }

    @Test
    void targetsAreTheNextCharactersAndPartsDoNotMix() {
        TextData data = new TextData(manager, IntStream.range(0, 200).toArray(), 5);
        for (int i = 0; i < 50; i++) {
            Batch train = data.batch(manager, Split.TRAIN, 7);
            Batch val = data.batch(manager, Split.VAL, 7);
            assertEquals(train.x().add(1), train.y());
            assertEquals(val.x().add(1), val.y());
            assertTrue(train.y().max().getLong() < 180);
            assertTrue(val.x().min().getLong() >= 180);
        }
    }

    @Test
    void estimatedLossOfATableOfZerosIsThatOfChance() {
        TextData data =
                new TextData(manager, IntStream.range(0, 200).map(i -> i % 13).toArray(), 8);
        Gpt model = new Gpt(GptStage.G0.config(13));
        model.initialize(manager, DataType.FLOAT64);
        model.getParameters().valueAt(0).getArray().muli(0);
        assertEquals(Math.log(13), data.estimateLoss(model, Split.VAL, 3, 4), 1e-6);
    }

    @Test
    void embeddedTextCanBeSplitForTheLargestDefaultContext() {
        String text = Texts.embedded();
        assertTrue(text.length() >= 20_000 && text.length() <= 40_000, text.length() + "");
        CharVocabulary tokenizer = CharVocabulary.ofText(text);
        assertTrue(tokenizer.size() <= 65, tokenizer.toString());
        try (TextData data = new TextData(manager, tokenizer.encode(text), 256)) {
            assertEquals(text.length() * 0.1, (double) data.tokens(Split.VAL).size(), 1);
        }
    }

    @Test
    void badFilesAreRefusedInOneSentence() throws IOException {
        Path missing = dir.resolve("missing.txt");
        assertEquals(missing + " does not exist", message(missing));
        assertEquals(
                "the folder " + dir + " has no files; name one with some", message(dir));
        Path empty = Files.writeString(dir.resolve("empty.txt"), "");
        assertEquals("the text " + empty + " is empty", message(empty));
        Path binary = Files.write(dir.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
        assertEquals(
                "line 1 of " + binary + " is not UTF-16LE: it has the byte 0x00; the file may be cut off",
                message(binary));
        assertEquals(
                "a tenth of the text, which is kept for validation, must be longer than the context"
                        + " of 8 characters, but has 8; take a longer text or a shorter context",
                assertThrows(DataFileException.class, () -> new TextData(manager, new int[80], 8))
                        .getMessage());
    }

    private static String message(Path file) {
        return String.valueOf(
                assertThrows(DataFileException.class, () -> Texts.read(file)).getMessage());
    }
}
