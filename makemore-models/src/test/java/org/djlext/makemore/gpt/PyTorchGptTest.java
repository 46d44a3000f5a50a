/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.djlext.files.SafetensorsFile;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.train.CheckpointException;
import org.djlext.makemore.train.SavedModel;
import org.djlext.testing.ArrayTest;
import org.djlext.testing.Golden;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files as PyTorch's users write them, of PyTorch's weights. */
class PyTorchGptTest extends ArrayTest {

    private static final CharVocabulary SEVENTEEN = CharVocabulary.ofText("abcdefghijklmnopq");

    private final JsonObject golden = Golden.read("/golden/model_lecture_gpt.json");
    private final Path dir;

    PyTorchGptTest(@TempDir Path dir) {
        this.dir = dir;
    }

    private Map<String, NDArray> weights(DataType type) {
        Map<String, NDArray> weights = new TreeMap<>();
        golden.getAsJsonObject("weights")
                .asMap()
                .forEach(
                        (name, weight) ->
                                weights.put(
                                        name, Golden.tensor(manager, weight).toType(type, false)));
        return weights;
    }

    private Path file(Map<String, NDArray> tensors) throws IOException {
        Path file = dir.resolve("weights.safetensors");
        new SafetensorsFile(tensors, Map.of()).write(file);
        return file;
    }

    private void assertPyTorchsLogits(LanguageModel model) {
        NDArray x = Golden.tensor(manager, golden.get("X"));
        NDArray logits = model.call(new ParameterStore(manager, false), x, false);
        NDArray want = Golden.tensor(manager, golden.get("logits")).toType(DataType.FLOAT32, false);
        assertTrue(logits.reshape(want.getShape()).allClose(want, 1e-4, 1e-5, false));
    }

    @Test
    void aFileOfTheScriptGivesPyTorchsLogits() throws IOException {
        for (DataType type : new DataType[] {DataType.FLOAT32, DataType.FLOAT64}) {
            Map<String, NDArray> tensors = weights(type);
            tensors.put("blocks.0.sa.heads.0.tril", manager.ones(new Shape(2, 2)));
            SavedModel saved = PyTorchGpt.read(file(tensors), manager, SEVENTEEN);
            assertEquals(GptConfig.lecture(17, 6, 12, 3, 2, 0), saved.model().config());
            assertPyTorchsLogits(saved.model());
        }
    }

    @Test
    void whatIsWrittenHereHasPyTorchsNamesAndNumbers() throws IOException {
        Map<String, NDArray> weights = weights(DataType.FLOAT32);
        Path file = dir.resolve("ours.safetensors");
        PyTorchGpt.write(PyTorchGpt.read(file(weights), manager, SEVENTEEN), file);
        SafetensorsFile written = SafetensorsFile.read(file, manager);
        assertEquals("pt", written.metadata().get("format"));
        assertEquals("abcdefghijklmnopq", written.metadata().get("vocabulary"));
        assertEquals(weights, written.tensors());
        // The vocabulary is in the file.
        SavedModel again = PyTorchGpt.read(file, manager, null);
        assertEquals(SEVENTEEN, again.vocabulary());
        assertPyTorchsLogits(again.model());
    }

    @Test
    void everyStageComesBackAsItWas() {
        for (GptStage stage : GptStage.values()) {
            if (stage == GptStage.G8) {
                continue;
            }
            Gpt model = new Gpt(stage.config(17));
            model.initialize(manager, DataType.FLOAT32);
            Path file = dir.resolve(stage + ".safetensors");
            PyTorchGpt.write(new SavedModel(model, SEVENTEEN, null), file);
            LanguageModel back = PyTorchGpt.read(file, manager, null).model();
            NDArray x = manager.create(new long[][] {{3, 1, 4, 1, 5}});
            ParameterStore store = new ParameterStore(manager, false);
            assertEquals(model.call(store, x, false), back.call(store, x, false), stage.title());
        }
    }

    @Test
    void filesThatCannotBeUsedAreRefusedInOneSentence() throws IOException {
        Map<String, NDArray> weights = weights(DataType.FLOAT32);
        Path file = file(weights);
        assertEquals(
                file
                        + " has a model of 17 characters, but does not say which; give the text"
                        + " that it was trained on with --text",
                refused(file, null));
        assertEquals(
                file
                        + " has a model of 17 characters, but 2 are known; give the text that it"
                        + " was trained on with --text",
                refused(file, CharVocabulary.ofText("ab")));
        byte[] bytes = Files.readAllBytes(file);
        String halves = new String(bytes, ISO_8859_1).replace("\"F32\"", "\"F16\"");
        Files.write(file, halves.getBytes(ISO_8859_1));
        assertContains(
                " is no safetensors file, or a damaged one: its tensors must be float32 or"
                        + " float64, but blocks.0.ffwd.net.0.bias is F16; convert the model before"
                        + " it is saved, by model.float()",
                file);
        weights.remove("lm_head.bias");
        assertContains(
                "is no GPT of the lecture: the checkpoint must have lm_head.bias", file(weights));
        weights.remove("token_embedding_table.weight");
        assertContains(
                "is no GPT of the lecture: it must have a matrix token_embedding", file(weights));
        Files.write(file, new byte[] {1, 2, 3});
        assertContains("is no safetensors file, or a damaged one: it has only 3 bytes", file);
        Files.writeString(file, "this is a text and no model at all");
        assertContains("is no safetensors file, or a damaged one: its header cannot have", file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 100));
        assertContains("is no safetensors file, or a damaged one: ", file);
        Files.delete(file);
        assertContains("does not exist", file);
    }

    private void assertContains(String part, Path file) {
        String message = String.valueOf(refused(file, SEVENTEEN));
        assertTrue(message.contains(part), message);
    }

    private @Nullable String refused(Path file, @Nullable CharVocabulary tokenizer) {
        return assertThrows(
                        CheckpointException.class, () -> PyTorchGpt.read(file, manager, tokenizer))
                .getMessage();
    }
}
