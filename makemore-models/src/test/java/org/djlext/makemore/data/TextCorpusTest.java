/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import static org.djlext.testing.Failures.assertFails;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.ParameterStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.djlext.makemore.data.Corpus.Part;
import org.djlext.makemore.data.Examples.Batch;
import org.djlext.makemore.gpt.Gpt;
import org.djlext.makemore.gpt.GptStage;
import org.djlext.makemore.train.Evaluation;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextCorpusTest extends ArrayTest {

    private final Path dir;

    TextCorpusTest(@TempDir Path dir) {
        this.dir = dir;
    }

    /** The lecture's first batch: seed 1337, 4 sequences of 8 characters. */
    @Test
    void firstBatchIsTheLectures() {
        Optional<Path> file = Texts.TINY_SHAKESPEARE.findLocal();
        assumeTrue(
                file.isPresent(),
                "tinyshakespeare.txt is not here; name its folder in MAKEMORE_DATA");
        String text = Texts.read(file.orElseThrow().toString());
        assertEquals(1_115_394, text.length());
        CharVocabulary tokenizer = CharVocabulary.ofText(text);
        assertEquals(65, tokenizer.size());
        assertArrayEquals(
                new int[] {46, 47, 47, 1, 58, 46, 43, 56, 43}, tokenizer.encode("hii there"));
        TextCorpus corpus = TextCorpus.of(text);
        Examples train = corpus.examples(Part.TRAIN, true, 8);
        assertEquals(1_003_854 - 8, train.size());
        assertEquals(111_540 - 8, corpus.examples(Part.DEV, true, 8).size());
        Batch first = train.slice(manager, 0, 1);
        assertArrayEquals(
                new long[] {18, 47, 56, 57, 58, 1, 15, 47}, first.x().get(0).toLongArray());
        assertArrayEquals(
                new long[] {47, 56, 57, 58, 1, 15, 47, 58}, first.y().get(0).toLongArray());
        Engine.getInstance().setRandomSeed(1337);
        Batch batch = train.draw(manager, 4);
        assertArrayEquals(
                new long[] {24, 43, 58, 5, 57, 1, 46, 43}, batch.x().get(0).toLongArray());
        assertArrayEquals(
                new long[] {43, 58, 5, 57, 1, 46, 43, 39}, batch.y().get(0).toLongArray());
        assertArrayEquals(new long[] {52, 58, 1}, batch.x().get("2, 0:3").toLongArray());
        assertEquals(58, batch.y().get("2, 2").getLong());
    }

    @Test
    void targetsAreTheNextCharactersAndPartsDoNotMix() {
        String text =
                IntStream.range(0, 200)
                        .mapToObj(i -> Character.toString('!' + i))
                        .collect(Collectors.joining());
        TextCorpus corpus = TextCorpus.of(text);
        Examples trains = corpus.examples(Part.TRAIN, true, 5);
        Examples vals = corpus.examples(Part.DEV, true, 5);
        for (int i = 0; i < 50; i++) {
            Batch train = trains.draw(manager, 7);
            Batch val = vals.draw(manager, 7);
            assertEquals(train.x().add(1), train.y());
            assertEquals(val.x().add(1), val.y());
            assertTrue(train.y().max().getLong() < 180);
            assertTrue(val.x().min().getLong() >= 180);
        }
        Batch contexts = corpus.examples(Part.TRAIN, false, 5).draw(manager, 7);
        assertEquals(contexts.x().get(":, 4").add(1), contexts.y());
    }

    @Test
    void lossOfATableOfZerosIsThatOfChance() {
        TextCorpus corpus = TextCorpus.of("abcdefghijklm".repeat(20));
        Gpt model = new Gpt(GptStage.G0.config(13));
        model.initialize(manager, DataType.FLOAT64);
        model.getParameters().valueAt(0).getArray().muli(0);
        Examples dev = model.examples(corpus, Part.DEV);
        assertEquals(Math.log(13), Evaluation.estimate(manager, model, dev, 3, 4), 1e-6);
        assertEquals(Math.log(13), Evaluation.loss(manager, model, dev), 1e-6);
    }

    /** Pieces side by side, which hold each character once. */
    @Test
    void lossOfAWholeTextIsTheMeanOfItsPieces() {
        TextCorpus corpus = TextCorpus.of("the quick brown fox ".repeat(25));
        Gpt model = new Gpt(GptStage.G7.config(corpus.vocabulary().size()));
        model.initialize(manager, DataType.FLOAT32);
        Examples dev = model.examples(corpus, Part.DEV);
        assertEquals(50 - 8, dev.size());
        double sum = 0;
        for (int row = 0; row <= 40; row += 8) {
            Batch piece = dev.slice(manager, row, row + 1);
            NDArray logits = model.call(new ParameterStore(manager, false), piece.x(), false);
            sum += model.loss(logits, piece.y()).getFloat();
        }
        assertEquals(sum / 6, Evaluation.loss(manager, model, dev), 1e-6);
    }

    @Test
    void embeddedTextCanBeSplitForTheLargestDefaultContext() {
        String text = Texts.embedded();
        assertTrue(text.length() >= 20_000 && text.length() <= 40_000, text.length() + "");
        CharVocabulary tokenizer = CharVocabulary.ofText(text);
        assertTrue(tokenizer.size() <= 65, tokenizer.toString());
        int examples = TextCorpus.of(text).examples(Part.DEV, true, 256).size();
        assertEquals(text.length() * 0.1, examples + 256.0, 1);
    }

    @Test
    void badFilesAreRefusedInOneSentence() throws IOException {
        Path missing = dir.resolve("missing.txt");
        assertFails(
                DataFileException.class,
                missing + " does not exist",
                () -> Texts.read(missing.toString()));
        Path empty = Files.writeString(dir.resolve("empty.txt"), "");
        assertFails(
                DataFileException.class,
                "the text " + empty + " is empty",
                () -> Texts.read(empty.toString()));
        assertFails(
                DataFileException.class,
                "a tenth of the text, which is kept for validation, must be longer than the context"
                        + " of 8 characters, but has 8; take a longer text or a shorter context",
                () -> TextCorpus.of("a".repeat(80)).examples(Part.TRAIN, true, 8));
    }
}
