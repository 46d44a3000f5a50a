/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipOutputStream;
import org.djlext.files.OutputFile;
import org.djlext.torch.ops.InPlace;
import org.jspecify.annotations.Nullable;

/**
 * A file that holds tensors by their names and a header: a zip with {@code header.json} and an
 * entry for each tensor in DJL's own encoding.
 *
 * <p>Writing is atomic, as {@link OutputFile} says. What is read may be anything, and is refused
 * unless it all adds up.
 *
 * @param header what the tensors are; "format" and "version" are in it
 * @param tensors the tensors by their names, in the order of the file
 */
public record Checkpoint(JsonObject header, Map<String, NDArray> tensors) {

    static final String HEADER = "header.json";
    static final String TENSORS = "tensors/";

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
        try {
            Path folder = file.toAbsolutePath().getParent();
            Files.createDirectories(Objects.requireNonNull(folder, "a file has a folder"));
            OutputFile.write(file, out -> writeTo(out, whole));
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
        try {
            Checkpoint checkpoint = CheckpointReader.read(file, manager);
            JsonObject header = checkpoint.header();
            expect(file, "format", format, header);
            expect(file, "version", Integer.toString(version), header);
            return checkpoint;
        } catch (ZipException | IllegalArgumentException e) {
            throw new CheckpointException(
                    file
                            + " is no checkpoint, or a damaged one: "
                            + e.getMessage()
                            + "; give a file that train has written");
        } catch (IOException e) {
            throw new CheckpointException("the checkpoint " + file + " " + e.getMessage());
        }
    }

    private static void expect(Path file, String name, String must, JsonObject header) {
        JsonElement value = header.get(name);
        String is =
                value == null ? "none" : value.isJsonPrimitive() ? value.getAsString() : "" + value;
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
     * Checks that the checkpoint has exactly what a model or an optimizer needs, before there is
     * memory for that.
     *
     * @param prefix what precedes the names in the checkpoint
     * @param shapes the shapes by the names, all in float32; null where a shape is only known when
     *     the model is initialized
     * @throws CheckpointException if one is missing or has another shape or type, or there are more
     */
    public void checkShapes(String prefix, Map<String, @Nullable Shape> shapes) {
        shapes.forEach(
                (name, shape) -> {
                    NDArray tensor = tensors.get(prefix + name);
                    if (tensor == null
                            || (shape != null && !tensor.getShape().equals(shape))
                            || tensor.getDataType() != DataType.FLOAT32) {
                        throw new CheckpointException(
                                "the checkpoint must have "
                                        + prefix
                                        + name
                                        + " as float32"
                                        + (shape == null ? "" : " of shape " + shape)
                                        + ", but has "
                                        + (tensor == null ? "none" : describe(tensor)));
                    }
                });
        for (String name : tensors.keySet()) {
            if (name.startsWith(prefix) && !shapes.containsKey(name.substring(prefix.length()))) {
                throw new CheckpointException(
                        "the checkpoint has " + name + ", which belongs to nothing");
            }
        }
    }

    /**
     * Copies tensors of the checkpoint into arrays.
     *
     * @param prefix what precedes the names in the checkpoint
     * @param arrays the arrays by their names, in float32
     * @throws CheckpointException if one is missing, has another shape or type, or holds NaN or an
     *     infinity, or there are more
     */
    public void copyInto(String prefix, Map<String, NDArray> arrays) {
        Map<String, @Nullable Shape> shapes = new LinkedHashMap<>();
        arrays.forEach((name, array) -> shapes.put(name, array.getShape()));
        checkShapes(prefix, shapes);
        arrays.forEach(
                (name, array) -> {
                    NDArray tensor = tensor(prefix + name);
                    checkFinite(prefix + name, tensor);
                    InPlace.copy(array, tensor);
                });
    }

    /**
     * Checks that an array of a file holds numbers alone.
     *
     * @param name what it is called in the file
     * @param array the array, of a floating-point type
     * @throws CheckpointException if it holds NaN or an infinity
     */
    public static void checkFinite(String name, NDArray array) {
        try (NDArray absolute = array.abs();
                NDArray finite = absolute.lt(Double.POSITIVE_INFINITY);
                NDArray all = finite.all()) {
            if (!all.getBoolean()) {
                throw new CheckpointException(
                        name + " holds NaN or an infinity; take a file of a run that went well");
            }
        }
    }

    private static String describe(NDArray array) {
        return array.getDataType() + " of shape " + array.getShape();
    }
}
