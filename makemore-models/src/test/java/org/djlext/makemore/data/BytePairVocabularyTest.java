/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import static org.djlext.testing.Failures.assertFails;
import static org.djlext.testing.Failures.assertFailsSaying;
import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.djlext.testing.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BytePairVocabularyTest {

    private static final Path GOLDEN = Golden.path(BytePairVocabularyTest.class, "gpt2");
    private static final BytePairVocabulary GPT2 = BytePairVocabulary.read(GOLDEN);
    private static final BytePairVocabulary TRAINED =
            BytePairVocabulary.train(String.join("\n", Names.embedded()), 512);

    /** From OpenAI's README and Hugging Face's documentation of GPT-2. */
    @Test
    void publishedExamplesOfGpt2() {
        assertArrayEquals(new int[] {15496, 995}, GPT2.encode("Hello world"));
        assertArrayEquals(
                new int[] {15496, 11, 616, 3290, 318, 13779}, GPT2.encode("Hello, my dog is cute"));
        assertEquals("<|endoftext|>", GPT2.decode(50256));
        assertEquals(50257, GPT2.size());
    }

    /** Texts in many alphabets, encoded by another program; see make_golden.js. */
    @Test
    void encodesAsTheJavaScriptPort() throws IOException {
        String file = Files.readString(GOLDEN.resolve("encodings.json"));
        int texts = 0;
        for (JsonElement element : JsonParser.parseString(file).getAsJsonArray()) {
            JsonObject encoding = element.getAsJsonObject();
            String text = encoding.get("text").getAsString();
            int[] tokens =
                    encoding.getAsJsonArray("tokens").asList().stream()
                            .mapToInt(JsonElement::getAsInt)
                            .toArray();
            assertArrayEquals(tokens, GPT2.encode(text), text);
            assertEquals(text, GPT2.decode(tokens));
            texts++;
        }
        assertEquals(15, texts);
    }

    /** The example of Wikipedia and of minbpe: aaabdaaabac becomes XdXac after three merges. */
    @Test
    void publishedExampleOfTraining() {
        BytePairVocabulary vocabulary = BytePairVocabulary.train("aaabdaaabac", 256 + 3);
        int[] tokens = vocabulary.encode("aaabdaaabac");
        assertEquals(5, tokens.length);
        assertEquals(258, tokens[0]);
        assertEquals(258, tokens[2]);
        assertEquals("d", vocabulary.decode(tokens[1]));
        assertEquals("ac", vocabulary.decode(tokens[3], tokens[4]));
    }

    /** Each merge in turn by counting all pairs anew, as the paper's listing does. */
    @Test
    void mergesAreTheMostFrequentPairs() {
        List<String> words = Names.embedded().subList(0, 300);
        BytePairVocabulary vocabulary =
                BytePairVocabulary.train(String.join("\n", words), 256 + 60);
        List<List<String>> pieces = new ArrayList<>();
        for (String word : words) {
            pieces.add(new ArrayList<>(word.chars().mapToObj(Character::toString).toList()));
        }
        for (JsonElement learned : vocabulary.description().getAsJsonArray("merges")) {
            Map<String, Integer> counts = new HashMap<>();
            for (List<String> piece : pieces) {
                for (int i = 1; i < piece.size(); i++) {
                    counts.merge(piece.get(i - 1) + " " + piece.get(i), 1, Integer::sum);
                }
            }
            String merge = learned.getAsString();
            assertEquals(Collections.max(counts.values()), counts.get(merge), merge);
            String[] pair = merge.split(" ", 2);
            for (List<String> piece : pieces) {
                for (int i = 1; i < piece.size(); i++) {
                    if (piece.get(i - 1).equals(pair[0]) && piece.get(i).equals(pair[1])) {
                        piece.set(i - 1, pair[0] + pair[1]);
                        piece.remove(i);
                    }
                }
            }
        }
    }

    @Test
    void huggingFacesTokenizerEncodesTheSame(@TempDir Path dir) throws IOException {
        JsonObject model = TRAINED.description();
        model.addProperty("type", "BPE");
        JsonObject json = new JsonObject();
        json.add("model", model);
        json.add(
                "pre_tokenizer",
                JsonParser.parseString(
                        """
                        {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
                         "use_regex": true}"""));
        Path file = Files.writeString(dir.resolve("tokenizer.json"), json.toString());
        try (HuggingFaceTokenizer other =
                HuggingFaceTokenizer.newInstance(file, Map.of("truncation", "false"))) {
            String golden = Files.readString(GOLDEN.resolve("encodings.json"));
            for (String text :
                    List.of(String.join(" ", Names.embedded()), golden, "aaaa aaaaa\n\n x")) {
                long[] ids = other.encode(text, false, false).getIds();
                assertArrayEquals(
                        ids, Arrays.stream(TRAINED.encode(text)).asLongStream().toArray());
            }
        }
    }

    @Provide
    Arbitrary<String> texts() {
        // All of Unicode but for halves of surrogate pairs, white space and letters more often.
        return Arbitraries.frequencyOf(
                        Tuple.of(3, Arbitraries.of(" ", "\n", "\t", "'", "a", "s", "ll", "é", "7")),
                        Tuple.of(
                                1,
                                Arbitraries.integers()
                                        .between(0, Character.MAX_CODE_POINT)
                                        .filter(c -> c < 0xD800 || c > 0xDFFF)
                                        .map(Character::toString)))
                .list()
                .ofMaxSize(60)
                .map(parts -> String.join("", parts));
    }

    @Property(tries = 500)
    void decodeUndoesEncode(@ForAll("texts") String text) {
        assertEquals(text, TRAINED.decode(TRAINED.encode(text)));
        assertEquals(text, GPT2.decode(GPT2.encode(text)));
    }

    @Test
    void trainedVocabulariesAreShorterAndTheSameEachTime() {
        String names = String.join("\n", Names.embedded());
        assertEquals(512, TRAINED.size());
        assertEquals(TRAINED, BytePairVocabulary.train(names, 512));
        assertTrue(TRAINED.encode(names).length < 0.6 * names.length());
        // No pair occurs twice any more.
        assertEquals(256, BytePairVocabulary.train("abc", 300).size());
    }

    @Test
    void aLongPieceTakesNoSquareOfItsLength() {
        String letters = "ana".repeat(300_000);
        assertTimeoutPreemptively(
                Duration.ofSeconds(20),
                () -> assertEquals(letters, TRAINED.decode(TRAINED.encode(letters))));
    }

    @Test
    void filesAndDescriptionsAreReadAgain(@TempDir Path dir) throws IOException {
        assertEquals(TRAINED, Vocabulary.of(TRAINED.description()));
        TRAINED.write(dir);
        assertEquals(TRAINED, BytePairVocabulary.read(dir));
        Files.writeString(dir.resolve("merges.txt"), "#version: 0.2\na b\n");
        Files.writeString(dir.resolve("vocab.json"), "{\"a\": 0}");
        assertFailsSaying(
                DataFileException.class,
                () -> BytePairVocabulary.read(dir),
                "vocab.json and merges.txt cannot be used: the vocabulary must have each byte and"
                        + " the result of each merge, but lacks \"Ā\"");
        assertFails(
                DataFileException.class,
                dir.resolve("none").resolve("merges.txt") + " does not exist",
                () -> BytePairVocabulary.read(dir.resolve("none")));
    }

    @Test
    void mistakesAreSentences() {
        assertRefused(
                "a vocabulary of byte pairs must have from 257 to 16777216 tokens, but got 256",
                () -> BytePairVocabulary.train("abc", 256));
        assertRefused("a token must be from 0 to 511, but is 512", () -> TRAINED.decode(512));
        assertRefused(
                "a text must not have half of a surrogate pair, but has",
                () -> TRAINED.encode("a\uD83D"));
    }
}
