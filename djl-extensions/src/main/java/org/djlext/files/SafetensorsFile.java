/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.files;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A file of tensors by their names, with texts about them, in the format that PyTorch's users
 * exchange; {@code safetensors.torch.load_file} reads it. What is read may be anything, and is
 * refused unless it all adds up.
 *
 * <p>What is written has a checksum among its texts, which is checked where it is there.
 *
 * @param tensors the tensors by their names, in order
 * @param metadata texts by their names, {@code __metadata__} of the file
 * @see <a href="https://github.com/huggingface/safetensors#format">The format</a>
 */
public record SafetensorsFile(Map<String, NDArray> tensors, Map<String, String> metadata) {

    private static final String METADATA = "__metadata__";
    private static final String CHECKSUM = "sha256";
    private static final int LENGTH = Long.BYTES;
    // The format wants the numbers of each tensor aligned.
    private static final int ALIGNMENT = 8;
    private static final int MAX_HEADER = 1 << 22; // JSON takes twenty times its size in memory
    private static final int CHUNK = 1 << 16;
    private static final int MAX_DIMENSIONS = 8;
    private static final String DTYPE = "dtype";
    private static final String SHAPE = "shape";
    private static final String OFFSETS = "data_offsets";
    private static final Set<String> MEMBERS = Set.of(DTYPE, SHAPE, OFFSETS);
    private static final Map<String, DataType> TYPES =
            Map.of(
                    "F32", DataType.FLOAT32,
                    "F64", DataType.FLOAT64,
                    "I64", DataType.INT64,
                    "I32", DataType.INT32,
                    "U8", DataType.UINT8,
                    "BOOL", DataType.BOOLEAN);

    /**
     * Writes the file; it has its name only when it is whole.
     *
     * @param file the file, which is replaced if it is there
     * @throws IOException if it cannot be written
     * @throws IllegalArgumentException if a tensor or a text has a name that the file itself uses,
     *     or a tensor a type that it does not know
     */
    public void write(Path file) throws IOException {
        if (tensors.containsKey(METADATA) || metadata.containsKey(CHECKSUM)) {
            throw new IllegalArgumentException(
                    ("a safetensors file uses the names %s among its tensors and %s among its"
                                    + " texts; take another one")
                            .formatted(METADATA, CHECKSUM));
        }
        // The widest first, so that each is aligned.
        List<Map.Entry<String, NDArray>> order = new ArrayList<>(tensors.entrySet());
        order.sort(Comparator.comparing(t -> -t.getValue().getDataType().getNumOfBytes()));
        JsonObject header = new JsonObject();
        header.add(METADATA, Json.tree(metadata));
        MessageDigest digest = newDigest();
        long end = 0;
        for (Map.Entry<String, NDArray> tensor : order) {
            NDArray array = tensor.getValue();
            long from = end;
            end += array.size() * array.getDataType().getNumOfBytes();
            JsonObject entry = new JsonObject();
            entry.addProperty(DTYPE, name(array.getDataType()));
            entry.add(SHAPE, Json.tree(array.getShape().getShape()));
            entry.add(OFFSETS, Json.tree(new long[] {from, end}));
            header.add(tensor.getKey(), entry);
            digest.update(array.toByteBuffer());
        }
        String sum = finish(digest, header);
        header.getAsJsonObject(METADATA).addProperty(CHECKSUM, sum);
        byte[] json = pad(header.toString().getBytes(StandardCharsets.UTF_8));
        OutputFile.write(
                file,
                out -> {
                    ByteBuffer length = ByteBuffer.allocate(LENGTH).order(ByteOrder.LITTLE_ENDIAN);
                    out.write(length.putLong(json.length).array());
                    out.write(json);
                    for (Map.Entry<String, NDArray> tensor : order) {
                        copy(tensor.getValue().toByteBuffer(), out);
                    }
                });
    }

    private static void copy(ByteBuffer numbers, OutputStream out) throws IOException {
        byte[] chunk = new byte[CHUNK];
        while (numbers.hasRemaining()) {
            int count = Math.min(chunk.length, numbers.remaining());
            numbers.get(chunk, 0, count);
            out.write(chunk, 0, count);
        }
    }

    private static String name(DataType type) {
        for (Map.Entry<String, DataType> entry : TYPES.entrySet()) {
            if (entry.getValue() == type) {
                return entry.getKey();
            }
        }
        throw new IllegalArgumentException(
                "a tensor of a safetensors file must be one of %s, but is of %s"
                        .formatted(TYPES.values(), type));
    }

    private static byte[] pad(byte[] json) {
        int over = json.length % ALIGNMENT;
        byte[] padded =
                Arrays.copyOf(json, over == 0 ? json.length : json.length + ALIGNMENT - over);
        Arrays.fill(padded, json.length, padded.length, (byte) ' ');
        return padded;
    }

    private static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Returns the checksum of the numbers and of a header that has none yet. */
    private static String finish(MessageDigest digest, JsonObject header) {
        byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
        return HexFormat.of().formatHex(digest.digest(text));
    }

    /**
     * Reads a file.
     *
     * @param file the file
     * @param manager the manager of the tensors
     * @return its content
     * @throws IOException if it is missing or cannot be read
     * @throws IllegalArgumentException if it is not what the format allows, or was changed since it
     *     was written
     */
    public static SafetensorsFile read(Path file, NDManager manager) throws IOException {
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            throw new UnsupportedOperationException(
                    "tensors are read on little-endian machines only");
        }
        byte[] bytes = InputFile.readBytes(file);
        int length = length(bytes);
        JsonObject header = header(bytes, length);
        int start = LENGTH + length;
        Map<String, String> metadata = new LinkedHashMap<>();
        List<Entry> entries = new ArrayList<>();
        for (String name : header.keySet()) {
            JsonObject member = Json.object(header, name);
            if (name.equals(METADATA)) {
                member.keySet().forEach(text -> metadata.put(text, Json.text(member, text)));
            } else {
                entries.add(entry(name, member));
            }
        }
        checkOffsets(entries, bytes.length - start);
        if (metadata.containsKey(CHECKSUM)) {
            header.getAsJsonObject(METADATA).remove(CHECKSUM);
            MessageDigest digest = newDigest();
            digest.update(bytes, start, bytes.length - start);
            if (!finish(digest, header).equals(metadata.remove(CHECKSUM))) {
                throw new IllegalArgumentException("it has another checksum");
            }
        }
        Map<String, NDArray> tensors = new LinkedHashMap<>();
        for (Entry entry : entries) {
            int size = (int) (entry.to - entry.from);
            ByteBuffer data = manager.allocateDirect(size);
            data.put(bytes, start + (int) entry.from, size).flip();
            tensors.put(entry.name, manager.create(data, entry.shape, entry.type));
        }
        return new SafetensorsFile(tensors, metadata);
    }

    /** A tensor as the header describes it; its bytes go from one offset to before another. */
    private record Entry(String name, DataType type, Shape shape, long from, long to) {}

    private static Entry entry(String name, JsonObject tensor) {
        if (!tensor.keySet().equals(MEMBERS)) {
            throw new IllegalArgumentException(
                    name + " must have " + MEMBERS + ", but has " + tensor.keySet());
        }
        String dtype = Json.text(tensor, DTYPE);
        DataType type = TYPES.get(dtype);
        if (type == null) {
            throw new IllegalArgumentException(
                    ("its tensors must be float32 or float64, but %s is %s;"
                                    + " convert the model before it is saved, by model.float()")
                            .formatted(name, dtype));
        }
        long[] offsets = Json.counts(tensor, OFFSETS);
        long[] shape = Json.counts(tensor, SHAPE);
        if (offsets.length != 2 || offsets[1] - offsets[0] != count(type, shape)) {
            throw new IllegalArgumentException(
                    "%s of the type %s and the shape %s cannot be at %s"
                            .formatted(
                                    name, dtype, Arrays.toString(shape), Arrays.toString(offsets)));
        }
        return new Entry(name, type, new Shape(shape), offsets[0], offsets[1]);
    }

    /**
     * {@return how many bytes a tensor takes}
     *
     * @param type its type
     * @param sizes its shape
     * @throws IllegalArgumentException if a size is negative, or there are too many
     */
    public static long count(DataType type, long... sizes) {
        long count = type.getNumOfBytes();
        boolean fits = sizes.length <= MAX_DIMENSIONS;
        for (long size : sizes) {
            fits &= size >= 0 && size <= Integer.MAX_VALUE;
            count = fits ? Math.min(count * size, Integer.MAX_VALUE) : count;
        }
        if (!fits || count == Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "a tensor cannot have the shape " + Arrays.toString(sizes));
        }
        return count;
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
