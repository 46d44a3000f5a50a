/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.djlext.files.InputFile;
import org.djlext.files.Json;
import org.djlext.files.OutputFile;

/**
 * A vocabulary of byte pairs, GPT-2's: any text is a sequence of the 256 bytes of UTF-8, and pairs
 * that are frequent have become tokens of their own.
 *
 * <pre>{@code
 * BytePairVocabulary vocabulary = BytePairVocabulary.train(text, 1024);
 * vocabulary.decode(vocabulary.encode("Hello world")); // the same text, as for any text
 * BytePairVocabulary gpt2 = BytePairVocabulary.read(folder); // vocab.json and merges.txt
 * gpt2.encode("Hello world"); // 15496, 995
 * }</pre>
 *
 * <p>Text is split by {@code TextPieces} first. Tokens that are not bytes, such as {@code
 * <|endoftext|>}, are decoded, but never the result of encoding.
 *
 * @see <a href="https://arxiv.org/abs/1508.07909">Sennrich, Haddow and Birch, 2016</a>
 */
public final class BytePairVocabulary implements Vocabulary {

    /** What a description says that it is. */
    static final String TYPE = "byte pairs";

    private static final String VOCAB_FILE = "vocab.json";
    private static final String MERGES_FILE = "merges.txt";
    private static final String VERSION_LINE = "#version: 0.2";

    // Far beyond any vocabulary, so that a number in a file of anything takes no memory.
    private static final int MAX_SIZE = 1 << 24;
    private static final int REMEMBERED = 1 << 16;

    private final Map<String, Integer> numbers; // in the order of the file
    private final List<String> merges; // two tokens with a space between them
    private final byte[][] tokens; // by number; empty where there is none
    private final int[] tokenOfByte = new int[ByteCharacters.COUNT];
    private final BytePairs pairs = new BytePairs();
    private final Map<String, int[]> remembered = new HashMap<>();

    private BytePairVocabulary(Map<String, Integer> numbers, List<String> merges) {
        this.numbers = numbers;
        this.merges = merges;
        int size = numbers.values().stream().mapToInt(n -> n + 1).max().orElse(0);
        if (size > MAX_SIZE || numbers.values().stream().distinct().count() != numbers.size()) {
            throw new IllegalArgumentException(
                    "tokens must have numbers below " + MAX_SIZE + ", each its own");
        }
        tokens = new byte[size][0];
        numbers.forEach((token, number) -> tokens[number] = bytes(token));
        for (int b = 0; b < ByteCharacters.COUNT; b++) {
            tokenOfByte[b] = number(ByteCharacters.write((byte) b));
        }
        for (String merge : merges) {
            int space = merge.indexOf(' ');
            if (space < 1 || merge.indexOf(' ', space + 1) >= 0) {
                throw new IllegalArgumentException(
                        "a merge must be two tokens with a space between them, but is \""
                                + merge
                                + "\"");
            }
            String left = merge.substring(0, space);
            String right = merge.substring(space + 1);
            pairs.add(number(left), number(right), number(left + right));
        }
    }

    private static byte[] bytes(String token) {
        try {
            return ByteCharacters.read(token);
        } catch (IllegalArgumentException e) {
            return token.getBytes(StandardCharsets.UTF_8); // added to the vocabulary as it is
        }
    }

    private int number(String token) {
        Integer number = numbers.get(token);
        if (number == null) {
            throw new IllegalArgumentException(
                    "the vocabulary must have each byte and the result of each merge, but lacks \""
                            + token
                            + "\"");
        }
        return number;
    }

    /**
     * {@return the vocabulary that is learned from a text: the 256 bytes and the most frequent
     * pairs}
     *
     * @param text the text
     * @param size how many tokens there are to be, at least 257; it has fewer if no pair is left
     *     that occurs twice
     * @throws IllegalArgumentException if the size is out of range
     */
    public static BytePairVocabulary train(String text, int size) {
        if (size <= ByteCharacters.COUNT || size > MAX_SIZE) {
            throw new IllegalArgumentException(
                    "a vocabulary of byte pairs must have from 257 to %s tokens, but got %s"
                            .formatted(MAX_SIZE, size));
        }
        List<String> texts = new ArrayList<>();
        Map<String, Integer> numbers = new LinkedHashMap<>();
        int[] tokenOfByte = new int[ByteCharacters.COUNT];
        for (int number = 0; number < ByteCharacters.COUNT; number++) {
            tokenOfByte[ByteCharacters.byteOf(number)] = number;
            texts.add(ByteCharacters.write((byte) ByteCharacters.byteOf(number)));
        }
        List<String> merges = new ArrayList<>();
        for (int[] pair : BytePairTraining.learn(text, size - ByteCharacters.COUNT, tokenOfByte)) {
            merges.add(texts.get(pair[0]) + " " + texts.get(pair[1]));
            texts.add(texts.get(pair[0]) + texts.get(pair[1]));
        }
        texts.forEach(token -> numbers.put(token, numbers.size()));
        return new BytePairVocabulary(numbers, merges);
    }

    /** The largest number and one. */
    @Override
    public int size() {
        return tokens.length;
    }

    @Override
    public int[] encode(String text) {
        IntStream.Builder encoded = IntStream.builder();
        TextPieces.split(
                text,
                piece -> {
                    for (int token : tokens(piece)) {
                        encoded.add(token);
                    }
                });
        return encoded.build().toArray();
    }

    private synchronized int[] tokens(String piece) {
        int[] known = remembered.get(piece);
        if (known == null) {
            known = pairs.merge(TextPieces.tokens(piece, tokenOfByte));
            if (remembered.size() < REMEMBERED) {
                remembered.put(piece, known);
            }
        }
        return known;
    }

    /** Bytes that are no UTF-8, as where tokens end within a character, become U+FFFD. */
    @Override
    public String decode(int... encoded) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int token : encoded) {
            if (token < 0 || token >= size()) {
                throw new IllegalArgumentException(
                        "a token must be from 0 to " + (size() - 1) + ", but is " + token);
            }
            bytes.writeBytes(tokens[token]);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** As Hugging Face's tokenizer.json describes a model. */
    @Override
    public JsonObject description() {
        JsonObject description = new JsonObject();
        description.addProperty("type", TYPE);
        description.add("vocab", vocab());
        JsonArray list = new JsonArray();
        merges.forEach(list::add);
        description.add("merges", list);
        return description;
    }

    private JsonObject vocab() {
        JsonObject vocab = new JsonObject();
        numbers.forEach(vocab::addProperty);
        return vocab;
    }

    /**
     * {@return the vocabulary of a description}
     *
     * @param description what {@link #description} has returned, or anything
     * @throws IllegalArgumentException if it is not such a description
     */
    public static BytePairVocabulary of(JsonObject description) {
        List<String> merges = new ArrayList<>();
        for (JsonElement merge : Json.array(description, "merges")) {
            if (!merge.isJsonPrimitive()) {
                throw new IllegalArgumentException(
                        "merges must be texts, but one is " + Json.kind(merge));
            }
            merges.add(merge.getAsString());
        }
        return new BytePairVocabulary(numbers(Json.object(description, "vocab")), merges);
    }

    private static Map<String, Integer> numbers(JsonObject vocab) {
        Map<String, Integer> numbers = new LinkedHashMap<>();
        for (String token : vocab.keySet()) {
            numbers.put(token, (int) Math.min(MAX_SIZE, Json.count(vocab, token)));
        }
        return numbers;
    }

    /**
     * {@return the vocabulary of GPT-2's files}
     *
     * @param folder it has vocab.json and merges.txt
     * @throws DataFileException if one is missing or malformed
     */
    public static BytePairVocabulary read(Path folder) {
        Path vocab = folder.resolve(VOCAB_FILE);
        Path file = folder.resolve(MERGES_FILE);
        List<String> merges =
                text(file)
                        .lines()
                        .filter(line -> !line.isBlank() && !line.startsWith("#version"))
                        .map(String::strip)
                        .toList();
        try {
            return new BytePairVocabulary(numbers(Json.parseObject(text(vocab))), merges);
        } catch (IllegalArgumentException e) {
            throw new DataFileException(
                    vocab + " and " + file.getFileName() + " cannot be used: " + e.getMessage());
        }
    }

    private static String text(Path file) {
        try {
            return InputFile.readString(file);
        } catch (IOException e) {
            throw new DataFileException(file + " " + e.getMessage());
        }
    }

    /**
     * Writes GPT-2's files, which Hugging Face's tokenizers read.
     *
     * @param folder where vocab.json and merges.txt are written
     * @throws IOException if they cannot be written
     */
    public void write(Path folder) throws IOException {
        OutputFile.writeString(folder.resolve(VOCAB_FILE), vocab().toString());
        OutputFile.writeString(
                folder.resolve(MERGES_FILE),
                VERSION_LINE + "\n" + String.join("\n", merges) + "\n");
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BytePairVocabulary v
                && v.numbers.equals(numbers)
                && v.merges.equals(merges);
    }

    @Override
    public int hashCode() {
        return numbers.hashCode();
    }

    @Override
    public String toString() {
        return size() + " byte pairs";
    }
}
