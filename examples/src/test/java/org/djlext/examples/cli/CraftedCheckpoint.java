/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import com.google.gson.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/** Checkpoints whose checksums are right, and whose content is not. */
final class CraftedCheckpoint {

    private static final String HEADER = "header.json";
    private static final int BOMB = 1 << 24;

    private CraftedCheckpoint() {}

    /** Changes a checkpoint in one or two places. */
    static byte[] of(byte[] valid, Random random) throws IOException {
        Map<String, byte[]> entries = entries(valid);
        for (int i = random.nextInt(2); i >= 0; i--) {
            change(entries, random);
        }
        byte[] zip = zip(entries);
        if (random.nextInt(20) == 0) {
            // The same name twice: of the same length, so that the offsets stay.
            String text = new String(zip, StandardCharsets.ISO_8859_1);
            List<String> names = new ArrayList<>(entries.keySet());
            String from = names.get(random.nextInt(names.size()));
            String to = names.get(random.nextInt(names.size()));
            if (from.length() == to.length()) {
                zip = text.replace(from, to).getBytes(StandardCharsets.ISO_8859_1);
            }
        }
        return zip;
    }

    private static void change(Map<String, byte[]> entries, Random random) {
        List<String> names = new ArrayList<>(entries.keySet());
        String name = names.get(random.nextInt(names.size()));
        String other = names.get(random.nextInt(names.size()));
        byte[] bytes = entries.getOrDefault(name, new byte[0]);
        byte[] others = entries.getOrDefault(other, new byte[0]);
        switch (random.nextInt(10)) {
            case 0 -> entries.remove(name);
            case 1 -> entries.put(name, others);
            case 2 -> entries.put(name + "x", others);
            case 3 -> {
                entries.put(name, others);
                entries.put(other, bytes);
            }
            case 4, 5 -> entries.put(name, Damage.of(bytes, others, random));
            case 6 -> { // the last number of a tensor, which is one of float32 most of the time
                if (bytes.length > 60) {
                    float number = random.nextBoolean() ? Float.NaN : 1e38f;
                    ByteBuffer.wrap(bytes)
                            .putInt(
                                    bytes.length - 4,
                                    Integer.reverseBytes(Float.floatToIntBits(number)));
                }
            }
            default -> {
                String header = new String(entries.get(HEADER), StandardCharsets.UTF_8);
                try {
                    header =
                            JsonMutation.of(
                                    JsonParser.parseString(header).getAsJsonObject(), random);
                } catch (RuntimeException e) {
                    header = "no longer an object";
                }
                entries.put(HEADER, header.getBytes(StandardCharsets.UTF_8));
            }
        }
        entries.computeIfAbsent(HEADER, gone -> "{}".getBytes(StandardCharsets.UTF_8));
    }

    static Map<String, byte[]> entries(byte[] zip) throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(zip))) {
            for (ZipEntry e = in.getNextEntry(); e != null; e = in.getNextEntry()) {
                entries.put(e.getName(), in.readAllBytes());
            }
        }
        return entries;
    }

    static byte[] zip(Map<String, byte[]> entries) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream out = new ZipOutputStream(bytes)) {
            out.setLevel(Deflater.NO_COMPRESSION);
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                out.putNextEntry(new ZipEntry(entry.getKey()));
                out.write(entry.getValue());
            }
        }
        return bytes.toByteArray();
    }

    /** Returns a small file that is a large one when it is unpacked. */
    static byte[] bomb(Map<String, byte[]> valid) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream out = new ZipOutputStream(bytes)) {
            for (Map.Entry<String, byte[]> entry : valid.entrySet()) {
                out.putNextEntry(new ZipEntry(entry.getKey()));
                out.write(entry.getValue());
                if (entry.getKey().equals("tensors/random/cpu")) {
                    byte[] zeros = new byte[1 << 16];
                    for (int i = 0; i < BOMB; i += zeros.length) {
                        out.write(zeros);
                    }
                }
            }
        }
        return bytes.toByteArray();
    }
}
