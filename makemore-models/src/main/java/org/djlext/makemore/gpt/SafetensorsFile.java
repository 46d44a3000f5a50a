/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.djlext.makemore.train.CheckpointException;

/**
 * A file of tensors by their names, with texts about them, in the format that PyTorch's users
 * exchange. DJL reads and writes the tensors; the texts, {@code __metadata__}, which DJL passes
 * over, are added here.
 *
 * @param tensors the tensors by their names, in order
 * @param metadata texts by their names
 * @see <a href="https://github.com/huggingface/safetensors#format">The format</a>
 */
record SafetensorsFile(Map<String, NDArray> tensors, Map<String, String> metadata) {

    private static final String METADATA = "__metadata__";
    private static final int LENGTH = Long.BYTES;
    // The format wants the numbers of each tensor aligned.
    private static final int ALIGNMENT = 8;
    private static final Set<String> TYPES = Set.of("F32", "F64", "I64", "I32", "U8", "BOOL");

    /** Writes the file; it has its name only when it is whole. */
    void write(Path file) {
        NDList list = new NDList();
        tensors.forEach(
                (name, tensor) -> {
                    NDArray copy = tensor.duplicate();
                    copy.setName(name);
                    list.add(copy);
                });
        byte[] encoded;
        try (NDList closed = list) {
            encoded = closed.encode(NDList.Encoding.SAFETENSORS);
        }
        JsonObject written = header(encoded);
        JsonObject header = new JsonObject();
        JsonObject texts = new JsonObject();
        metadata.forEach(texts::addProperty);
        header.add(METADATA, texts);
        tensors.keySet().forEach(name -> header.add(name, written.get(name)));
        int data = LENGTH + length(encoded);
        byte[] json = pad(header.toString().getBytes(StandardCharsets.UTF_8));
        ByteBuffer whole =
                ByteBuffer.allocate(LENGTH + json.length + encoded.length - data)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(json.length)
                        .put(json)
                        .put(encoded, data, encoded.length - data);
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try {
            Files.write(part, whole.array());
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new CheckpointException("the file " + file + " cannot be written (" + e + ")");
        }
    }

    private static byte[] pad(byte[] json) {
        int over = json.length % ALIGNMENT;
        byte[] padded =
                Arrays.copyOf(json, over == 0 ? json.length : json.length + ALIGNMENT - over);
        Arrays.fill(padded, json.length, padded.length, (byte) ' ');
        return padded;
    }

    /** Reads a file. */
    static SafetensorsFile read(Path file, NDManager manager) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new CheckpointException("the file " + file + " cannot be read (" + e + ")");
        }
        try {
            JsonObject header = header(bytes);
            Map<String, String> metadata = new LinkedHashMap<>();
            JsonElement texts = header.remove(METADATA);
            if (texts != null) {
                texts.getAsJsonObject()
                        .entrySet()
                        .forEach(e -> metadata.put(e.getKey(), e.getValue().getAsString()));
            }
            for (Map.Entry<String, JsonElement> entry : header.entrySet()) {
                String type = entry.getValue().getAsJsonObject().get("dtype").getAsString();
                if (!TYPES.contains(type)) {
                    throw new CheckpointException(
                            "the tensors of "
                                    + file
                                    + " must be float32 or float64, but "
                                    + entry.getKey()
                                    + " is "
                                    + type
                                    + "; convert the model before it is saved, by model.float()");
                }
            }
            Map<String, NDArray> tensors = new LinkedHashMap<>();
            for (NDArray tensor : NDList.decode(manager, bytes)) {
                tensors.put(tensor.getName(), tensor);
            }
            return new SafetensorsFile(tensors, metadata);
        } catch (JsonParseException
                | IllegalStateException
                | IllegalArgumentException
                | IndexOutOfBoundsException
                | NullPointerException e) {
            throw new CheckpointException(
                    file + " is no safetensors file, or a damaged one: " + e.getMessage());
        }
    }

    private static int length(byte[] bytes) {
        long length = ByteBuffer.wrap(bytes, 0, LENGTH).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (length < 2 || length > bytes.length - LENGTH) {
            throw new IllegalArgumentException("its header cannot have " + length + " bytes");
        }
        return (int) length;
    }

    private static JsonObject header(byte[] bytes) {
        if (bytes.length < LENGTH) {
            throw new IllegalArgumentException("it has only " + bytes.length + " bytes");
        }
        return JsonParser.parseString(
                        new String(bytes, LENGTH, length(bytes), StandardCharsets.UTF_8))
                .getAsJsonObject();
    }
}
