/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.djlext.files.InputFile;
import org.djlext.files.Json;
import org.djlext.files.OutputFile;
import org.djlext.files.TensorBytes;
import org.djlext.makemore.train.CheckpointException;

/**
 * A file of tensors by their names, with texts about them, in the format that PyTorch's users
 * exchange. DJL writes the tensors; the texts, {@code __metadata__}, which DJL passes over, are
 * added here. What is read may be anything, and is refused unless it all adds up.
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
    private static final int MAX_HEADER = 1 << 22; // JSON takes twenty times its size in memory
    private static final Set<String> MEMBERS = Set.of("dtype", "shape", "data_offsets");
    private static final Map<String, DataType> TYPES =
            Map.of(
                    "F32", DataType.FLOAT32,
                    "F64", DataType.FLOAT64,
                    "I64", DataType.INT64,
                    "I32", DataType.INT32,
                    "U8", DataType.UINT8,
                    "BOOL", DataType.BOOLEAN);

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
        JsonObject written = header(encoded, length(encoded));
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
        try {
            OutputFile.write(file, out -> out.write(whole.array()));
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

    /**
     * Reads a file.
     *
     * @throws CheckpointException if it cannot be read, or is not what the format allows
     */
    static SafetensorsFile read(Path file, NDManager manager) {
        try {
            byte[] bytes = InputFile.readBytes(file);
            int length = length(bytes);
            JsonObject header = header(bytes, length);
            Map<String, String> metadata = new LinkedHashMap<>();
            if (header.has(METADATA)) {
                JsonObject texts = Json.object(header, METADATA);
                texts.keySet().forEach(name -> metadata.put(name, Json.text(texts, name)));
                header.remove(METADATA);
            }
            List<Entry> entries = new ArrayList<>();
            for (String name : header.keySet()) {
                entries.add(entry(file, name, Json.object(header, name)));
            }
            int start = LENGTH + length;
            checkOffsets(entries, bytes.length - start);
            Map<String, NDArray> tensors = new LinkedHashMap<>();
            for (Entry entry : entries) {
                ByteBuffer data =
                        ByteBuffer.wrap(bytes, start + (int) entry.from, (int) entry.bytes());
                NDArray tensor =
                        TensorBytes.create(manager, entry.type, entry.shape.getShape(), data);
                tensors.put(entry.name, tensor);
            }
            return new SafetensorsFile(tensors, metadata);
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(
                    file + " is no safetensors file, or a damaged one: " + e.getMessage());
        } catch (IOException e) {
            throw new CheckpointException("the file " + file + " " + e.getMessage());
        }
    }

    /** A tensor as the header describes it; its bytes go from one offset to before another. */
    private record Entry(String name, DataType type, Shape shape, long from, long to) {
        long bytes() {
            return to - from;
        }
    }

    private static Entry entry(Path file, String name, JsonObject tensor) {
        if (!tensor.keySet().equals(MEMBERS)) {
            throw new IllegalArgumentException(
                    name + " must have " + MEMBERS + ", but has " + tensor.keySet());
        }
        String dtype = Json.text(tensor, "dtype");
        DataType type = TYPES.get(dtype);
        if (type == null) {
            throw new CheckpointException(
                    "the tensors of "
                            + file
                            + " must be float32 or float64, but "
                            + name
                            + " is "
                            + dtype
                            + "; convert the model before it is saved, by model.float()");
        }
        long[] offsets = Json.counts(tensor, "data_offsets");
        long[] shape = Json.counts(tensor, "shape");
        if (offsets.length != 2 || offsets[1] - offsets[0] != TensorBytes.count(type, shape)) {
            throw new IllegalArgumentException(
                    name
                            + " of the type "
                            + dtype
                            + " and the shape "
                            + Arrays.toString(shape)
                            + " cannot be at "
                            + Arrays.toString(offsets));
        }
        return new Entry(name, type, new Shape(shape), offsets[0], offsets[1]);
    }

    /** Checks that the tensors lie one behind the other, from the first byte to the last. */
    private static void checkOffsets(List<Entry> entries, int bytes) {
        long end = 0;
        for (Entry entry :
                entries.stream()
                        .sorted(Comparator.comparingLong(Entry::from).thenComparingLong(Entry::to))
                        .toList()) {
            if (entry.from != end) {
                throw new IllegalArgumentException(
                        entry.name + " must begin at " + end + ", but begins at " + entry.from);
            }
            end = entry.to;
        }
        if (end != bytes) {
            throw new IllegalArgumentException(
                    "its tensors take " + end + " bytes, but it has " + bytes + " for them");
        }
    }

    private static int length(byte[] bytes) {
        if (bytes.length < LENGTH) {
            throw new IllegalArgumentException("it has only " + bytes.length + " bytes");
        }
        long length = ByteBuffer.wrap(bytes, 0, LENGTH).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (length < 2
                || length > Math.min(bytes.length - LENGTH, MAX_HEADER)
                || bytes[LENGTH] != '{') {
            throw new IllegalArgumentException("its header cannot have " + length + " bytes");
        }
        return (int) length;
    }

    private static JsonObject header(byte[] bytes, int length) {
        try {
            return Json.parseObject(
                    InputFile.decode(Arrays.copyOfRange(bytes, LENGTH, LENGTH + length)));
        } catch (IOException e) {
            throw new IllegalArgumentException("its header " + e.getMessage(), e);
        }
    }
}
