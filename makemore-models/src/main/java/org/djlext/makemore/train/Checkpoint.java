/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.djlext.torch.ops.InPlace;

/**
 * A file that holds tensors by their names and a header: a zip with {@code header.json} and an
 * entry for each tensor in DJL's own encoding.
 *
 * <p>Writing is atomic. The file is written under another name, forced to the disk and then
 * renamed, so that whenever the process or the machine stops there is either the old file or the
 * new one, whole.
 *
 * @param header what the tensors are; "format" and "version" are in it
 * @param tensors the tensors by their names, in the order of the file
 */
public record Checkpoint(JsonObject header, Map<String, NDArray> tensors) {

    /** Writes and reads the parts of a header. */
    public static final Gson GSON =
            new GsonBuilder().serializeSpecialFloatingPointValues().create();

    private static final String HEADER = "header.json";
    private static final String TENSORS = "tensors/";

    /**
     * Writes the file.
     *
     * @param file the file, which is replaced if it is there
     * @param format says what kind of checkpoint it is
     * @param version the version of that kind
     */
    public void write(Path file, String format, int version) {
        JsonObject whole = new JsonObject();
        whole.addProperty("format", format);
        whole.addProperty("version", version);
        header.entrySet().forEach(entry -> whole.add(entry.getKey(), entry.getValue()));
        Path absolute = file.toAbsolutePath();
        Path part = absolute.resolveSibling(absolute.getFileName() + ".part");
        try {
            Path folder = Objects.requireNonNull(absolute.getParent(), "a file has a folder");
            Files.createDirectories(folder);
            try (FileChannel channel =
                    FileChannel.open(
                            part,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.TRUNCATE_EXISTING,
                            StandardOpenOption.WRITE)) {
                writeTo(Channels.newOutputStream(channel), whole);
                channel.force(true);
            }
            Files.move(
                    part,
                    absolute,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            forceFolder(folder);
        } catch (IOException e) {
            throw new CheckpointException(
                    "the checkpoint " + file + " cannot be written (" + e + "); try --work-dir");
        }
    }

    private void writeTo(OutputStream os, JsonObject whole) throws IOException {
        ZipOutputStream zip = new ZipOutputStream(os);
        // Random numbers do not get smaller by compression, and it takes longer than a step.
        zip.setLevel(Deflater.NO_COMPRESSION);
        zip.putNextEntry(new ZipEntry(HEADER));
        zip.write(whole.toString().getBytes(StandardCharsets.UTF_8));
        for (Map.Entry<String, NDArray> tensor : tensors.entrySet()) {
            zip.putNextEntry(new ZipEntry(TENSORS + tensor.getKey()));
            zip.write(tensor.getValue().encode());
        }
        zip.finish();
        zip.flush();
    }

    // So that the new name is on the disk too; not every system can open a folder.
    private static void forceFolder(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            return;
        }
    }

    /**
     * Reads a file.
     *
     * @param file the file
     * @param format the kind of checkpoint that it must be
     * @param version the version that it must have
     * @param manager the manager of the tensors
     * @return the checkpoint
     * @throws CheckpointException if it is missing, damaged, or of another kind or version
     */
    public static Checkpoint read(Path file, String format, int version, NDManager manager) {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            JsonObject header =
                    JsonParser.parseString(new String(entry(zip, HEADER), StandardCharsets.UTF_8))
                            .getAsJsonObject();
            expect(file, "format", format, header);
            expect(file, "version", Integer.toString(version), header);
            Map<String, NDArray> tensors = new LinkedHashMap<>();
            for (ZipEntry tensorEntry : Collections.list(zip.entries())) {
                String name = tensorEntry.getName();
                if (name.startsWith(TENSORS)) {
                    NDArray tensor = NDArray.decode(manager, entry(zip, name));
                    tensors.put(name.substring(TENSORS.length()), tensor);
                }
            }
            return new Checkpoint(header, tensors);
        } catch (NoSuchFileException e) {
            throw new CheckpointException("the checkpoint " + file + " does not exist");
        } catch (ZipException
                | JsonParseException
                | IllegalStateException
                | IllegalArgumentException e) {
            throw new CheckpointException(
                    file
                            + " is no checkpoint, or a damaged one; give a file that train has written");
        } catch (IOException e) {
            throw new CheckpointException("the checkpoint " + file + " cannot be read: " + e);
        }
    }

    private static byte[] entry(ZipFile zip, String name) throws IOException {
        ZipEntry entry = zip.getEntry(name);
        if (entry == null) {
            throw new ZipException(name + " is missing");
        }
        try (InputStream in = zip.getInputStream(entry)) {
            byte[] bytes = in.readAllBytes();
            // ZipFile does not look at it.
            CRC32 sum = new CRC32();
            sum.update(bytes);
            if (sum.getValue() != entry.getCrc()) {
                throw new ZipException(name + " has another checksum");
            }
            return bytes;
        }
    }

    private static void expect(Path file, String name, String must, JsonObject header) {
        String is = header.has(name) ? header.get(name).getAsString() : "none";
        if (!is.equals(must)) {
            throw new CheckpointException(
                    "the checkpoint "
                            + file
                            + " must have the "
                            + name
                            + " "
                            + must
                            + ", but has "
                            + is);
        }
    }

    /**
     * Returns a tensor.
     *
     * @param name its name
     * @return the tensor
     * @throws CheckpointException if there is none
     */
    public NDArray tensor(String name) {
        NDArray tensor = tensors.get(name);
        if (tensor == null) {
            throw new CheckpointException("the checkpoint must have " + name + ", but has none");
        }
        return tensor;
    }

    /**
     * Copies tensors of the checkpoint into arrays.
     *
     * @param prefix what precedes the names in the checkpoint
     * @param arrays the arrays by their names
     * @throws CheckpointException if one is missing or has another shape or type
     */
    public void copyInto(String prefix, Map<String, NDArray> arrays) {
        arrays.forEach(
                (name, array) -> {
                    NDArray tensor = tensors.get(prefix + name);
                    if (tensor == null
                            || !tensor.getShape().equals(array.getShape())
                            || tensor.getDataType() != array.getDataType()) {
                        throw new CheckpointException(
                                "the checkpoint must have "
                                        + prefix
                                        + name
                                        + " as "
                                        + describe(array)
                                        + ", but has "
                                        + (tensor == null ? "none" : describe(tensor)));
                    }
                    InPlace.copy(array, tensor);
                });
    }

    private static String describe(NDArray array) {
        return array.getDataType() + " of shape " + array.getShape();
    }
}
