/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.djlext.files.InputFile;
import org.djlext.files.Json;
import org.djlext.files.TensorBytes;
import org.jspecify.annotations.Nullable;

/** Reads the zip of a checkpoint, which may hold anything. */
final class CheckpointReader {

    private static final int MAX_HEADER = 1 << 22; // JSON takes twenty times its size in memory

    private final ZipFile zip;
    private long left; // bytes that the entries to come may have together

    private CheckpointReader(ZipFile zip, long size) {
        this.zip = zip;
        left = size;
    }

    /**
     * Reads a file.
     *
     * @throws IOException if it is missing or cannot be read; a {@link ZipException} if it is no
     *     checkpoint
     * @throws IllegalArgumentException if what is in it does not add up
     */
    static Checkpoint read(Path file, NDManager manager) throws IOException {
        long size = InputFile.check(file);
        try (ZipFile zip = new ZipFile(file.toFile())) {
            return new CheckpointReader(zip, size).read(manager);
        } catch (ZipException e) {
            throw e;
        } catch (IOException e) {
            throw new IOException("cannot be read (" + e + ")", e);
        }
    }

    private Checkpoint read(NDManager manager) throws IOException {
        JsonObject header = null;
        Map<String, NDArray> tensors = new LinkedHashMap<>();
        for (ZipEntry entry : Collections.list(zip.entries())) {
            String name = entry.getName();
            if (name.equals(Checkpoint.HEADER) && header == null) {
                header = header(entry);
            } else if (!name.startsWith(Checkpoint.TENSORS)
                    || tensors.put(
                                    name.substring(Checkpoint.TENSORS.length()),
                                    TensorBytes.decode(manager, bytes(entry)))
                            != null) {
                throw new ZipException(name + " should not be there");
            }
        }
        return new Checkpoint(present(header), tensors);
    }

    private JsonObject header(ZipEntry entry) throws IOException {
        if (entry.getSize() > MAX_HEADER) {
            throw new ZipException("its header has " + entry.getSize() + " bytes");
        }
        byte[] bytes = bytes(entry);
        try {
            return Json.parseObject(InputFile.decode(bytes));
        } catch (IOException e) {
            throw new ZipException("its header " + e.getMessage());
        }
    }

    private static JsonObject present(@Nullable JsonObject header) throws ZipException {
        if (header == null) {
            throw new ZipException(Checkpoint.HEADER + " is missing");
        }
        return header;
    }

    /** Reads an entry. As none is compressed, all together are no larger than the file. */
    private byte[] bytes(ZipEntry entry) throws IOException {
        long size = entry.getSize();
        if (size < 0 || size > left) {
            throw new ZipException(
                    entry.getName() + " claims " + size + " bytes, which the file has not");
        }
        left -= size;
        try (InputStream in = zip.getInputStream(entry)) {
            byte[] bytes = in.readNBytes((int) size);
            // ZipFile looks neither at the size nor at the checksum.
            CRC32 sum = new CRC32();
            sum.update(bytes);
            if (bytes.length != size || in.read() >= 0 || sum.getValue() != entry.getCrc()) {
                throw new ZipException(entry.getName() + " has another size or checksum");
            }
            return bytes;
        }
    }
}
