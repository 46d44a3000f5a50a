/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import com.google.gson.Gson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import org.djlext.makemore.data.BytePairVocabulary;
import org.djlext.makemore.train.CheckpointException;
import org.djlext.nn.ParameterNames;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tiny random GPT-2 that PyTorch has written, beside PyTorch's logits; see make_model.py. */
class Gpt2Test extends ArrayTest {

    private final Path golden = golden();
    private final Path dir;

    Gpt2Test(@TempDir Path dir) {
        this.dir = dir;
    }

    private static Path golden() {
        try {
            return Path.of(Objects.requireNonNull(Gpt2Test.class.getResource("gpt2-tiny")).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What golden.json holds. */
    private static final class Golden {
        private long[][] tokens = {};
        private double[][][] logits = {};
    }

    @Test
    void logitsAreThoseOfPyTorch() throws IOException {
        Golden want =
                new Gson().fromJson(Files.readString(golden.resolve("golden.json")), Golden.class);
        Gpt2 gpt2 = Gpt2.read(golden, manager);
        assertNull(gpt2.vocabulary());
        NDArray x = manager.create(want.tokens);
        NDArray logits = gpt2.model().call(new ParameterStore(manager, false), x, false);
        assertEquals(new Shape(2, 9, 61), logits.getShape());
        double[] flat =
                Arrays.stream(want.logits)
                        .flatMap(Arrays::stream)
                        .flatMapToDouble(Arrays::stream)
                        .toArray();
        float[] got = logits.toFloatArray();
        for (int i = 0; i < flat.length; i++) {
            assertEquals(flat[i], got[i], 2e-5, "logit " + i);
        }
        // The head has the embedding's values.
        var arrays = ParameterNames.arrays(gpt2.model());
        assertEquals(arrays.get("transformer.wte.weight"), arrays.get("lm_head.weight"));
    }

    @Test
    void vocabularyIsReadWithTheModelAndMustFit() throws IOException {
        Path folder = copy();
        BytePairVocabulary vocabulary = BytePairVocabulary.train("hello hello", 260);
        vocabulary.write(folder);
        assertEquals(
                folder + " has a vocabulary of 260 tokens, but a model of 61", message(folder));
        Files.delete(folder.resolve("vocab.json"));
        assertNotNull(Gpt2.read(folder, manager).model());
    }

    @Test
    void otherModelsAreRefusedInOneSentence() throws IOException {
        assertConfig(
                "\"gelu_new\"", "\"relu\"", "activation_function must be gelu_new, but is relu");
        assertConfig("1e-05", "1e-06", "layer_norm_epsilon must be 1e-5, but is 1e-06");
        assertConfig("\"n_inner\": null", "\"n_inner\": 13", "n_inner must be 4 times n_embd");
        assertConfig(
                "\"n_layer\": 2", "\"n_layer\": 3", "must have transformer.h.2.ln_1.weight in");
        assertConfig("\"n_layer\": 2", "\"n_layer\": 1", "which belongs to nothing");
        assertConfig(
                "\"vocab_size\": 61",
                "\"vocab_size\": 62",
                "of shape (62, 12), but has float32 of shape (61, 12)");
        assertConfig("\"n_head\": 3", "\"n_head\": 5", "must be a multiple of");
        Path none = dir.resolve("none");
        assertEquals(none.resolve("config.json") + " does not exist", message(none));
    }

    private void assertConfig(String text, String replacement, String sentence) throws IOException {
        Path folder = copy();
        Path config = folder.resolve("config.json");
        String before = Files.readString(config);
        assertTrue(before.contains(text), before);
        Files.writeString(config, before.replace(text, replacement));
        String message = message(folder);
        assertTrue(message.contains(sentence), message);
    }

    private Path copy() throws IOException {
        Path folder = Files.createTempDirectory(dir, "gpt2");
        for (String name : new String[] {"config.json", "model.safetensors"}) {
            try {
                Files.copy(golden.resolve(name), folder.resolve(name));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return folder;
    }

    private String message(Path folder) {
        return String.valueOf(
                assertThrows(CheckpointException.class, () -> Gpt2.read(folder, manager))
                        .getMessage());
    }
}
