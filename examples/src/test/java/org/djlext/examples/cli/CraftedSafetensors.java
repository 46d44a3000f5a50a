/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Safetensors files whose header and numbers are changed with knowledge of the format. */
final class CraftedSafetensors {

    private static final int LENGTH = Long.BYTES;

    private CraftedSafetensors() {}

    static byte[] of(byte[] valid, Random random) {
        byte[] data = Arrays.copyOfRange(valid, LENGTH + length(valid), valid.length);
        JsonObject header = header(valid);
        String json = random.nextInt(8) == 0 ? header.toString() : JsonMutation.of(header, random);
        json += " ".repeat(random.nextInt(9));
        int off = random.nextInt(6) == 0 ? random.nextInt(5) - 2 : 0;
        switch (random.nextInt(8)) {
            case 0 -> data = Arrays.copyOf(data, data.length + random.nextInt(16));
            case 1 -> data = Arrays.copyOf(data, Math.max(0, data.length - random.nextInt(16)));
            case 2 -> putFloat(data, random, random.nextBoolean() ? Float.NaN : 1e38f);
            case 3 -> putFloat(data, random, 1);
            default -> {
                // Only the header is changed.
            }
        }
        return file(json, off, data);
    }

    private static void putFloat(byte[] data, Random random, float value) {
        int at = 4 * random.nextInt(data.length / 4);
        ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).putFloat(at, value);
    }

    /** Puts a file together; off is added to the length that it says the header has. */
    static byte[] file(String json, int off, byte[] data) {
        byte[] header = json.getBytes(StandardCharsets.UTF_8);
        byte[] length =
                ByteBuffer.allocate(LENGTH)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong((long) header.length + off)
                        .array();
        return Damage.join(length, header, data);
    }

    static int length(byte[] file) {
        return (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    static JsonObject header(byte[] file) {
        return JsonParser.parseString(
                        new String(file, LENGTH, length(file), StandardCharsets.UTF_8))
                .getAsJsonObject();
    }

    /**
     * Tells by the format's own words whether a file is good: the header is an object, and "the
     * byte buffer needs to be entirely indexed, and cannot contain holes".
     *
     * @see <a href="https://github.com/huggingface/safetensors#format">The format</a>
     */
    static boolean isGood(byte[] file) {
        try {
            JsonObject header = header(file);
            header.remove("__metadata__");
            Map<Long, Long> ranges = new TreeMap<>();
            for (Map.Entry<String, JsonElement> entry : header.entrySet()) {
                JsonObject tensor = entry.getValue().getAsJsonObject();
                long bytes =
                        switch (tensor.get("dtype").getAsString()) {
                            case "F64", "I64" -> 8;
                            case "F32", "I32" -> 4;
                            case "U8", "BOOL" -> 1;
                            default -> Long.MIN_VALUE;
                        };
                for (JsonElement size : tensor.getAsJsonArray("shape")) {
                    bytes = Math.multiplyExact(bytes, size.getAsLong());
                }
                JsonArray offsets = tensor.getAsJsonArray("data_offsets");
                long from = offsets.get(0).getAsLong();
                long to = offsets.get(1).getAsLong();
                if (to - from != bytes || (bytes > 0 && ranges.put(from, to) != null)) {
                    return false;
                }
            }
            long end = 0;
            for (Map.Entry<Long, Long> range : ranges.entrySet()) {
                if (range.getKey() != end) {
                    return false;
                }
                end = range.getValue();
            }
            return end == file.length - LENGTH - length(file);
        } catch (RuntimeException e) {
            return false;
        }
    }
}
