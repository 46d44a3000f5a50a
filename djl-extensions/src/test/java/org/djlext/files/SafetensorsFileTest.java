/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.files;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written is what the format says, and what others read. */
class SafetensorsFileTest extends ArrayTest {

    private final Path file;

    SafetensorsFileTest(@TempDir Path dir) {
        file = dir.resolve("file.safetensors");
    }

    private Map<String, NDArray> tensors() {
        Map<String, NDArray> tensors = new LinkedHashMap<>();
        tensors.put(
                "random",
                manager.create(new byte[] {1, 2, 3}, new Shape(3)).toType(DataType.UINT8, true));
        tensors.put("weight", manager.create(new float[] {1.5f, -2, 3, 4, 5, 6}, new Shape(2, 3)));
        tensors.put("steps", manager.create(new long[] {7, 1L << 40}));
        tensors.put("none", manager.create(new float[0], new Shape(0)));
        tensors.put("exact", manager.create(new double[] {Math.PI}));
        return tensors;
    }

    private JsonObject write() throws IOException {
        new SafetensorsFile(tensors(), Map.of("format", "pt", "text", "a \"quoted\" \u00e9"))
                .write(file);
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int length = (int) bytes.getLong();
        assertEquals(0, length % 8, "the header is padded, so that numbers are aligned");
        byte[] json = new byte[length];
        bytes.get(json);
        assertEquals('{', json[0]);
        return JsonParser.parseString(new String(json, StandardCharsets.UTF_8)).getAsJsonObject();
    }

    @Test
    void theBytesAreWhatTheFormatSays() throws IOException {
        JsonObject header = write();
        JsonObject metadata = header.remove("__metadata__").getAsJsonObject();
        for (Map.Entry<String, JsonElement> text : metadata.entrySet()) {
            assertTrue(text.getValue().getAsJsonPrimitive().isString(), text.getKey());
        }
        assertEquals("a \"quoted\" \u00e9", metadata.get("text").getAsString());
        Map<String, String> types =
                Map.of(
                        "random", "U8",
                        "weight", "F32",
                        "steps", "I64",
                        "none", "F32",
                        "exact", "F64");
        Map<String, Integer> widths = Map.of("U8", 1, "F32", 4, "I64", 8, "F64", 8);
        long end = 0;
        for (Map.Entry<String, JsonElement> entry : header.entrySet()) {
            JsonObject tensor = entry.getValue().getAsJsonObject();
            String type = tensor.get("dtype").getAsString();
            int width = widths.getOrDefault(type, 0);
            assertEquals(types.get(entry.getKey()), type, entry.getKey());
            JsonArray offsets = tensor.getAsJsonArray("data_offsets");
            long count = width;
            for (JsonElement size : tensor.getAsJsonArray("shape")) {
                count *= size.getAsLong();
            }
            assertEquals(end, offsets.get(0).getAsLong(), "one behind the other");
            assertEquals(0, end % width, "aligned");
            end = offsets.get(1).getAsLong();
            assertEquals(count, end - offsets.get(0).getAsLong(), entry.getKey());
        }
        byte[] bytes = Files.readAllBytes(file);
        int start = (int) (bytes.length - end);
        int weight =
                header.getAsJsonObject("weight").getAsJsonArray("data_offsets").get(0).getAsInt();
        float[] numbers = new float[6];
        ByteBuffer.wrap(bytes, start + weight, 24)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(numbers);
        assertArrayEquals(new float[] {1.5f, -2, 3, 4, 5, 6}, numbers);
    }

    /** DJL has a reader of its own. */
    @Test
    void djlReadsIt() throws IOException {
        write();
        NDList read = NDList.decode(manager, Files.readAllBytes(file));
        Map<String, NDArray> want = tensors();
        assertEquals(want.size(), read.size());
        for (NDArray tensor : read) {
            NDArray other = want.get(tensor.getName());
            assertEquals(other, tensor);
        }
    }

    @Test
    void whatIsWrittenIsReadAgain() throws IOException {
        write();
        SafetensorsFile read = SafetensorsFile.read(file, manager);
        assertEquals(Map.of("format", "pt", "text", "a \"quoted\" \u00e9"), read.metadata());
        assertEquals(tensors(), read.tensors());
    }

    @Test
    void aChangedFileIsRefused() throws IOException {
        write();
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 1;
        Files.write(file, bytes);
        assertRefused("it has another checksum", () -> SafetensorsFile.read(file, manager));
    }

    @Test
    void sizesAreMultipliedWithoutOverflow() {
        assertEquals(24, SafetensorsFile.count(DataType.FLOAT32, 2, 3));
        assertEquals(8, SafetensorsFile.count(DataType.FLOAT64));
        assertEquals(0, SafetensorsFile.count(DataType.FLOAT32, Integer.MAX_VALUE, 0));
        for (long[] sizes :
                new long[][] {
                    {1L << 31}, {1 << 20, 1 << 20}, {-1}, {1L << 32, 1L << 32}, {0, -1}, new long[9]
                }) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> SafetensorsFile.count(DataType.FLOAT32, sizes));
        }
    }

    @Test
    void namesThatTheFileUsesItselfAreRefused() {
        String message =
                "a safetensors file uses the names __metadata__ among its tensors and sha256 among"
                        + " its texts; take another one";
        SafetensorsFile text = new SafetensorsFile(Map.of(), Map.of("sha256", "mine"));
        assertRefused(message, () -> text.write(file));
        SafetensorsFile tensor =
                new SafetensorsFile(Map.of("__metadata__", manager.create(1f)), Map.of());
        assertRefused(message, () -> tensor.write(file));
        assertFalse(Files.exists(file));
    }
}
