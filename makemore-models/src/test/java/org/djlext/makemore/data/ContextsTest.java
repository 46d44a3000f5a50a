/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDManager;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.List;
import org.djlext.makemore.testing.LectureNames;
import org.djlext.testing.Golden;
import org.junit.jupiter.api.Test;

class ContextsTest {

    @Test
    void emmaGivesTheLecturesFiveExamples() {
        Examples contexts = Contexts.of(List.of("emma"), 3, CharVocabulary.LETTERS);
        assertEquals(5, contexts.size());
        try (NDManager manager = NDManager.newBaseManager()) {
            long[] x = {0, 0, 0, 0, 0, 5, 0, 5, 13, 5, 13, 13, 13, 13, 1};
            assertArrayEquals(x, contexts.slice(manager, 0, 5).x().toLongArray());
            assertArrayEquals(
                    new long[] {5, 13, 13, 1, 0}, contexts.slice(manager, 0, 5).y().toLongArray());
            long[] rows = {3, 1};
            assertArrayEquals(
                    new long[] {5, 13, 13, 0, 0, 5},
                    contexts.gather(manager, rows).x().toLongArray());
            assertArrayEquals(new long[] {1, 13}, contexts.gather(manager, rows).y().toLongArray());
        }
    }

    @Test
    void vocabularyKnowsItsCharactersAndNoOthers() {
        CharVocabulary letters = CharVocabulary.LETTERS;
        assertEquals(27, letters.size());
        assertEquals(0, letters.index('.'));
        assertEquals(26, letters.index('z'));
        assertEquals("e", letters.character(5));
        assertThrows(IllegalArgumentException.class, () -> letters.index('E'));
        assertThrows(IllegalArgumentException.class, () -> new CharVocabulary("abc"));
        assertThrows(IllegalArgumentException.class, () -> new CharVocabulary(".aa"));
    }

    @Test
    void vocabularyOfAnyAlphabet() {
        CharVocabulary vocabulary =
                CharVocabulary.of(List.of("Ägir", "юля", "小明", "\uD83D\uDE00i"));
        assertEquals(".girÄ" + "люя小明\uD83D\uDE00", vocabulary.characters());
        assertEquals(11, vocabulary.size());
        assertEquals("\uD83D\uDE00", vocabulary.character(10));
        assertArrayEquals(new int[] {10, 2}, vocabulary.encode("\uD83D\uDE00i"));
        // Names with a '.' of their own are ended by something else.
        assertEquals("\n.ajr", CharVocabulary.of(List.of("jr.", "a")).characters());
    }

    @Test
    void splitOfTheRealNamesIsTheLectures() {
        List<String> names = LectureNames.all();
        JsonObject golden = Golden.read("/golden/name_split.json");
        assertEquals(32033, names.size());
        NameSplit split = NameSplit.of(names);
        List<List<String>> parts = List.of(split.train(), split.dev(), split.test());
        List<String> keys = List.of("train_first10", "dev_first10", "test_first10");
        for (int i = 0; i < 3; i++) {
            List<String> part = parts.get(i);
            assertEquals(golden.getAsJsonArray("words_per_split").get(i).getAsInt(), part.size());
            JsonArray first = golden.getAsJsonArray(keys.get(i));
            for (int k = 0; k < first.size(); k++) {
                assertEquals(first.get(k).getAsString(), part.get(k));
            }
            assertEquals(
                    golden.getAsJsonArray("examples_per_split_part3_4_5").get(i).getAsInt(),
                    Contexts.of(part, 3, CharVocabulary.LETTERS).size());
        }
    }
}
