/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.RandomAccessDataset;
import ai.djl.translate.TranslateException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Examples are those of the lectures' build_dataset, written out here with lists. */
class ExamplesTest extends ArrayTest {

    private static final int BLOCK = 4;

    private static CharVocabulary vocabulary(int size) {
        StringBuilder characters = new StringBuilder(".");
        for (int i = 1; i < size; i++) {
            characters.appendCodePoint(0x4e00 + i);
        }
        return new CharVocabulary(characters.toString());
    }

    private static List<String> names(CharVocabulary vocabulary, int longest) {
        Random random = new Random(9);
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            StringBuilder name = new StringBuilder();
            for (int k = random.nextInt(longest); k >= 0; k--) {
                name.append(vocabulary.character(1 + random.nextInt(vocabulary.size() - 1)));
            }
            names.add(name.toString());
        }
        return names;
    }

    private static List<long[]> contexts(List<String> names, CharVocabulary vocabulary) {
        List<long[]> rows = new ArrayList<>(); // the context and then the target
        for (String name : names) {
            List<Integer> context = new ArrayList<>(List.of(0, 0, 0, 0));
            for (int character : (name + ".").codePoints().toArray()) {
                context.add(vocabulary.index(character));
                rows.add(context.stream().mapToLong(Integer::longValue).toArray());
                context.remove(0);
            }
        }
        return rows;
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 300, 70_000})
    void contextsAreTheLectures(int characters) {
        CharVocabulary vocabulary = vocabulary(characters);
        List<String> names = names(vocabulary, 9);
        Examples source = Contexts.of(names, BLOCK, vocabulary);
        List<long[]> want = contexts(names, vocabulary);
        assertEquals(want.size(), source.size());
        Random random = new Random(1);
        long[] rows = random.longs(40, 0, want.size()).toArray();
        check(source, rows, want);
        long[] all = new long[want.size()];
        Arrays.setAll(all, i -> i);
        check(source, all, want);
        assertArrayEquals(
                source.gather(manager, all).x().toLongArray(),
                source.slice(manager, 0, source.size()).x().toLongArray());
    }

    private void check(Examples source, long[] rows, List<long[]> want) {
        Examples.Batch batch = source.gather(manager, rows);
        long[] x = batch.x().toLongArray();
        long[] y = batch.y().toLongArray();
        for (int i = 0; i < rows.length; i++) {
            long[] row = want.get((int) rows[i]);
            assertArrayEquals(
                    Arrays.copyOf(row, BLOCK), Arrays.copyOfRange(x, i * BLOCK, (i + 1) * BLOCK));
            assertEquals(row[BLOCK], y[i]);
        }
    }

    @Test
    void emmaGivesTheLecturesFiveExamples() {
        Examples contexts = Contexts.of(List.of("emma"), 3, CharVocabulary.LETTERS);
        assertEquals(5, contexts.size());
        long[] x = {0, 0, 0, 0, 0, 5, 0, 5, 13, 5, 13, 13, 13, 13, 1};
        assertArrayEquals(x, contexts.slice(manager, 0, 5).x().toLongArray());
        assertArrayEquals(
                new long[] {5, 13, 13, 1, 0}, contexts.slice(manager, 0, 5).y().toLongArray());
    }

    @Test
    void sequencesAreTheProgramsInAnyOrder() {
        Examples source = Sequences.of(List.of("emma", "ava", "b"), 6, CharVocabulary.LETTERS);
        assertEquals(3, source.size());
        long[] rows = {2, 0};
        assertEquals(new Shape(2, 6), source.gather(manager, rows).x().getShape());
        assertArrayEquals(
                new long[] {0, 2, 0, 0, 0, 0, 0, 5, 13, 13, 1, 0},
                source.gather(manager, rows).x().toLongArray());
        assertArrayEquals(
                new long[] {2, 0, -1, -1, -1, -1, 5, 13, 13, 1, 0, -1},
                source.gather(manager, rows).y().toLongArray());
        assertArrayEquals(
                new long[] {1, 22, 1, 0, -1, -1}, source.slice(manager, 1, 2).y().toLongArray());
    }

    @Test
    void examplesThatAreNotThereAreRefused() {
        Examples two = Contexts.of(List.of("a"), 3, CharVocabulary.LETTERS);
        for (long row : new long[] {-1, 2, 1L << 32}) {
            assertRefused(
                    "an example's number must be from 0 to 1, but is " + row,
                    () -> two.gather(manager, new long[] {row}));
        }
        assertRefused(
                "the bound of random integers must be at least 1, but is 0",
                () -> Contexts.of(List.of(), 3, CharVocabulary.LETTERS).draw(manager, 2));
        assertRefused(
                "the block size of examples must be at least 1, but is 0",
                () -> Contexts.of(List.of("a"), 0, CharVocabulary.LETTERS));
    }

    @Test
    void aNameWithTheEndInItIsRefused() {
        assertRefused(
                "'.' stands for the start and the end of a name, so it cannot be in \"a.b\"",
                () -> Contexts.of(List.of("a.b"), 3, CharVocabulary.LETTERS));
    }

    @Test
    void arraysKeepTheirNumbersWhenTheBufferIsWrittenAgain() {
        Examples examples = Contexts.of(List.of("ab"), 1, CharVocabulary.LETTERS);
        NDArray four = rows(examples, 2, (row, to, at) -> to[at + row] = 7L - row);
        NDArray two = rows(examples, 1, (row, to, at) -> to[at + 1] = 5);
        NDArray six = rows(examples, 3, (row, to, at) -> to[5] = 9);
        assertArrayEquals(new long[] {7, 0, 0, 6}, four.toLongArray());
        assertArrayEquals(new long[] {0, 5}, two.toLongArray());
        assertArrayEquals(new long[] {0, 0, 0, 0, 0, 9}, six.toLongArray());
    }

    private NDArray rows(Examples examples, int count, Examples.RowWriter writer) {
        return examples.rows(
                manager,
                LongStream.range(0, count).toArray(),
                new Examples.Row(new Shape(2), writer));
    }

    @Test
    void miniBatchesAreThoseOfTheEnginesRows() {
        Examples source = Contexts.of(List.of("emma", "olivia", "ava"), 3, CharVocabulary.LETTERS);
        Engine.getInstance().setRandomSeed(8);
        long[] rows =
                manager.randomInteger(0, source.size(), new Shape(64), DataType.INT64)
                        .toLongArray();
        Engine.getInstance().setRandomSeed(8);
        Examples.Batch batch = source.draw(manager, 64);
        assertEquals(source.gather(manager, rows).x(), batch.x());
        assertEquals(source.gather(manager, rows).y(), batch.y());
    }

    @Test
    void theDataSetOfDjlHasEveryExampleOnce() throws IOException, TranslateException {
        Examples source = Contexts.of(List.of("emma", "olivia", "ava"), 3, CharVocabulary.LETTERS);
        RandomAccessDataset data = source.toDataset(5, true);
        assertEquals(16, data.size());
        assertEquals(sorted(source, 0, 16), sorted(data));
        RandomAccessDataset part = source.toDataset(2, false).subDataset(3, 8);
        assertEquals(5, part.size());
        assertEquals(sorted(source, 3, 8), sorted(part));
        assertArrayEquals(
                source.slice(manager, 4, 5).x().toLongArray(),
                part.get(manager, 1).getData().get(0).toLongArray());
    }

    private List<String> sorted(Examples source, int from, int to) {
        List<String> rows = new ArrayList<>();
        for (int i = from; i < to; i++) {
            long[] x = source.slice(manager, i, i + 1).x().toLongArray();
            rows.add(Arrays.toString(x) + source.slice(manager, i, i + 1).y().getLong(0));
        }
        return rows.stream().sorted().toList();
    }

    private List<String> sorted(RandomAccessDataset data) throws IOException, TranslateException {
        List<String> rows = new ArrayList<>();
        for (Batch batch : data.getData(manager)) {
            try (Batch closed = batch) {
                long[] x = closed.getData().get(0).toLongArray();
                long[] y = closed.getLabels().get(0).toLongArray();
                for (int i = 0; i < y.length; i++) {
                    rows.add(Arrays.toString(Arrays.copyOfRange(x, 3 * i, 3 * i + 3)) + y[i]);
                }
            }
        }
        return rows.stream().sorted().toList();
    }
}
