/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import static org.djlext.testing.Failures.assertFails;
import static org.djlext.testing.Failures.assertFailsSaying;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.djlext.makemore.data.BytePairVocabulary;
import org.djlext.makemore.train.CheckpointException;
import org.djlext.nn.ParameterNames;
import org.djlext.testing.ArrayTest;
import org.djlext.testing.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tiny random GPT-2 that PyTorch has written, beside PyTorch's logits; see make_model.py. */
class Gpt2Test extends ArrayTest {

    private final Path golden = Golden.path(Gpt2Test.class, "gpt2-tiny");
    private final Path dir;

    Gpt2Test(@TempDir Path dir) {
        this.dir = dir;
    }

    @Test
    void logitsAreThoseOfPyTorch() {
        JsonObject want = Golden.read("/org/djlext/makemore/gpt/gpt2-tiny/golden.json");
        Gpt2 gpt2 = Gpt2.read(golden, manager);
        assertNull(gpt2.vocabulary());
        NDArray x =
                manager.create(Golden.numbers(want.get("tokens")), new Shape(2, 9))
                        .toType(DataType.INT64, false);
        NDArray logits = gpt2.model().call(new ParameterStore(manager, false), x, false);
        assertEquals(new Shape(2, 9, 61), logits.getShape());
        assertArrayEquals(
                Golden.numbers(want.get("logits")),
                logits.toType(DataType.FLOAT64, false).toDoubleArray(),
                2e-5);
        // The head has the embedding's values.
        var arrays = ParameterNames.arrays(gpt2.model());
        assertEquals(arrays.get("transformer.wte.weight"), arrays.get("lm_head.weight"));
    }

    @Test
    void vocabularyIsReadWithTheModelAndMustFit() throws IOException {
        Path folder = copy();
        BytePairVocabulary vocabulary = BytePairVocabulary.train("hello hello", 260);
        vocabulary.write(folder);
        assertFails(
                CheckpointException.class,
                folder + " has a vocabulary of 260 tokens, but a model of 61",
                () -> Gpt2.read(folder, manager));
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
        assertFails(
                CheckpointException.class,
                none.resolve("config.json") + " does not exist",
                () -> Gpt2.read(none, manager));
    }

    private void assertConfig(String text, String replacement, String sentence) throws IOException {
        Path folder = copy();
        Path config = folder.resolve("config.json");
        String before = Files.readString(config);
        assertTrue(before.contains(text), before);
        Files.writeString(config, before.replace(text, replacement));
        assertFailsSaying(CheckpointException.class, () -> Gpt2.read(folder, manager), sentence);
    }

    private Path copy() throws IOException {
        Path folder = Files.createTempDirectory(dir, "gpt2");
        for (String name : new String[] {"config.json", "model.safetensors"}) {
            Files.copy(golden.resolve(name), folder.resolve(name));
        }
        return folder;
    }
}
