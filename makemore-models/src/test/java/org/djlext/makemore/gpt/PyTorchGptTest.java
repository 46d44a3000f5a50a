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

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.ParameterStore;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
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

/** Files as PyTorch's users write them, made here byte by byte from PyTorch's weights. */
class PyTorchGptTest extends ArrayTest {

    private static final CharVocabulary SEVENTEEN = CharVocabulary.ofText("abcdefghijklmnopq");

    private final JsonObject golden = Golden.read("/golden/model_lecture_gpt.json");
    private final Path dir;

    PyTorchGptTest(@TempDir Path dir) {
        this.dir = dir;
    }

    /** Writes a file as the format says, the tensors in the order of their names. */
    private Path foreign(String type, boolean buffers) throws IOException {
        Map<String, JsonElement> tensors = new TreeMap<>(golden.getAsJsonObject("weights").asMap());
        if (buffers) {
            tensors.put(
                    "blocks.0.sa.heads.0.tril",
                    JsonParser.parseString("{\"shape\": [2, 2], \"data\": [1, 0, 1, 1]}"));
        }
        JsonObject header = new JsonObject();
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        for (Map.Entry<String, JsonElement> tensor : tensors.entrySet()) {
            JsonArray numbers = tensor.getValue().getAsJsonObject().getAsJsonArray("data");
            int size = type.equals("F64") ? Double.BYTES : Float.BYTES;
            ByteBuffer buffer =
                    ByteBuffer.allocate(numbers.size() * size).order(ByteOrder.LITTLE_ENDIAN);
            for (JsonElement number : numbers) {
                if (type.equals("F64")) {
                    buffer.putDouble(number.getAsDouble());
                } else {
                    buffer.putFloat(number.getAsFloat());
                }
            }
            JsonObject entry = new JsonObject();
            entry.addProperty("dtype", type);
            entry.add("shape", tensor.getValue().getAsJsonObject().get("shape"));
            JsonArray offsets = new JsonArray();
            offsets.add(data.size());
            data.write(buffer.array());
            offsets.add(data.size());
            entry.add("data_offsets", offsets);
            header.add(tensor.getKey(), entry);
        }
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer whole =
                ByteBuffer.allocate(8 + json.length + data.size()).order(ByteOrder.LITTLE_ENDIAN);
        whole.putLong(json.length).put(json).put(data.toByteArray());
        return Files.write(dir.resolve("foreign.safetensors"), whole.array());
    }

    private void assertPyTorchsLogits(LanguageModel model) {
        NDArray x = Golden.tensor(manager, golden.get("X"));
        NDArray logits = model.call(new ParameterStore(manager, false), x, false);
        NDArray want = Golden.tensor(manager, golden.get("logits")).toType(DataType.FLOAT32, false);
        assertTrue(logits.reshape(want.getShape()).allClose(want, 1e-4, 1e-5, false));
    }

    @Test
    void aForeignFileGivesPyTorchsLogits() throws IOException {
        for (String type : new String[] {"F32", "F64"}) {
            SavedModel saved = PyTorchGpt.read(foreign(type, true), manager, SEVENTEEN);
            assertEquals(GptConfig.lecture(17, 6, 12, 3, 2, 0), saved.model().config());
            assertPyTorchsLogits(saved.model());
        }
    }

    /** The bytes are read here with nothing but the format's description. */
    @Test
    void whatIsWrittenHereHasPyTorchsNamesAndNumbers() throws IOException {
        SavedModel saved = PyTorchGpt.read(foreign("F32", false), manager, SEVENTEEN);
        Path file = dir.resolve("ours.safetensors");
        PyTorchGpt.write(saved, file);
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int length = (int) bytes.getLong();
        assertEquals(0, length % 8);
        byte[] json = new byte[length];
        bytes.get(json);
        JsonObject header =
                JsonParser.parseString(new String(json, StandardCharsets.UTF_8)).getAsJsonObject();
        JsonObject metadata = header.remove("__metadata__").getAsJsonObject();
        assertEquals("pt", metadata.get("format").getAsString());
        assertEquals("abcdefghijklmnopq", metadata.get("vocabulary").getAsString());
        JsonObject weights = golden.getAsJsonObject("weights");
        assertEquals(weights.keySet(), header.keySet());
        ByteBuffer data = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
        int end = 0;
        for (String name : weights.keySet()) {
            JsonObject entry = header.getAsJsonObject(name);
            JsonObject want = weights.getAsJsonObject(name);
            assertEquals("F32", entry.get("dtype").getAsString());
            assertEquals(want.get("shape"), entry.get("shape"), name);
            int from = entry.getAsJsonArray("data_offsets").get(0).getAsInt();
            end = Math.max(end, entry.getAsJsonArray("data_offsets").get(1).getAsInt());
            JsonArray numbers = want.getAsJsonArray("data");
            float[] floats = new float[numbers.size()];
            data.position(from);
            data.asFloatBuffer().get(floats);
            float[] expected = new float[floats.length];
            for (int i = 0; i < floats.length; i++) {
                expected[i] = numbers.get(i).getAsFloat();
            }
            assertArrayEquals(expected, floats, name);
        }
        assertEquals(data.capacity(), end);
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
        Path file = foreign("F32", false);
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
        replace(file, bytes, "\"F32\"", "\"F16\"");
        assertEquals(
                file
                        + " is no safetensors file, or a damaged one: its tensors must be float32"
                        + " or float64, but blocks.0.ffwd.net.0.bias is F16;"
                        + " convert the model before it is saved, by model.float()",
                refused(file, SEVENTEEN));
        replace(file, bytes, "lm_head.bias", "lm_head.bia5");
        assertContains("is no GPT of the lecture: the checkpoint must have lm_head.bias", file);
        replace(file, bytes, "token_embedding", "tokem_embedding");
        assertContains("is no GPT of the lecture: it must have a matrix token_embedding", file);
        Files.write(file, new byte[] {1, 2, 3});
        assertContains("is no safetensors file, or a damaged one: it has only 3 bytes", file);
        Files.writeString(file, "this is a text and no model at all");
        assertContains("is no safetensors file, or a damaged one: its header cannot have", file);
        Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 100));
        assertContains("is no safetensors file, or a damaged one: ", file);
        Files.delete(file);
        assertContains("does not exist", file);
    }

    private static void replace(Path file, byte[] bytes, String from, String to)
            throws IOException {
        String text = new String(bytes, StandardCharsets.ISO_8859_1).replace(from, to);
        Files.write(file, text.getBytes(StandardCharsets.ISO_8859_1));
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
