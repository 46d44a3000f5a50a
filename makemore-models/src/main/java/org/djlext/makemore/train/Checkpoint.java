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
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.djlext.files.FileFailure;
import org.djlext.files.Json;
import org.djlext.files.OutputFile;
import org.djlext.files.SafetensorsFile;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.nn.ParameterNames;
import org.djlext.torch.ops.InPlace;
import org.jspecify.annotations.Nullable;

/**
 * A file that holds tensors by their names and a header: a {@linkplain SafetensorsFile safetensors
 * file}, whose metadata have the header as JSON. Python reads it:
 *
 * <pre>{@code
 * with safetensors.safe_open("last.safetensors", "pt") as f:
 *     header = json.loads(f.metadata()["header"])
 *     weight = f.get_tensor("model/layers.0.weight")
 * }</pre>
 *
 * <p>Writing is atomic, as {@link OutputFile} says. What is read may be anything, and is refused
 * unless it all adds up.
 *
 * @param header what the tensors are
 * @param tensors the tensors by their names, in the order of the file
 */
public record Checkpoint(JsonObject header, Map<String, NDArray> tensors) {

    private static final String FORMAT = "format";
    private static final String MAKEMORE = "makemore";
    private static final String VERSION = "version";
    private static final String LATEST = "2";
    private static final String HEADER = "header";

    /**
     * Writes the file.
     *
     * @param file the file, which is replaced if it is there
     */
    public void write(Path file) {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put(FORMAT, MAKEMORE);
        metadata.put(VERSION, LATEST);
        metadata.put(HEADER, header.toString());
        try {
            Path folder = file.toAbsolutePath().getParent();
            Files.createDirectories(Objects.requireNonNull(folder, "a file has a folder"));
            new SafetensorsFile(tensors, metadata).write(file);
        } catch (IOException e) {
            throw new CheckpointException(
                    "the checkpoint %s cannot be written (%s); try --work-dir"
                            .formatted(file, FileFailure.reason(e)));
        }
    }

    /**
     * {@return what a file holds}
     *
     * @param file the file
     * @param manager the manager of the tensors
     * @throws CheckpointException if it is missing, damaged, or of another kind or version
     */
    public static Checkpoint read(Path file, NDManager manager) {
        try {
            SafetensorsFile read = SafetensorsFile.read(file, manager);
            Map<String, String> metadata = read.metadata();
            expect(file, FORMAT, MAKEMORE, metadata);
            expect(file, VERSION, LATEST, metadata);
            String header = metadata.getOrDefault(HEADER, "none");
            return new Checkpoint(Json.parseObject(header), read.tensors());
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(
                    "%s is no checkpoint, or a damaged one: %s; give a file that train has written"
                            .formatted(file, e.getMessage()));
        } catch (IOException e) {
            throw new CheckpointException("the checkpoint " + file + " " + e.getMessage());
        }
    }

    private static void expect(Path file, String name, String must, Map<String, String> metadata) {
        String is = metadata.getOrDefault(name, "none");
        if (!is.equals(must)) {
            throw new CheckpointException(
                    "the checkpoint %s must have the %s %s, but has %s"
                            .formatted(file, name, must, is));
        }
    }

    /**
     * {@return a tensor}
     *
     * @param name its name
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
     * Makes a model of the values that are there for it.
     *
     * @param prefix what precedes the names of its parameters in the checkpoint
     * @param config its sizes
     * @param manager the manager of its parameters
     * @return the model, in float32
     * @throws CheckpointException if a parameter is missing, has another shape or type, or holds
     *     NaN or an infinity, or there are more
     */
    public LanguageModel model(String prefix, ModelConfig config, NDManager manager) {
        LanguageModel model = config.model();
        checkShapes(prefix, ParameterNames.shapes(model)); // before there is memory for the model
        model.initialize(manager, DataType.FLOAT32);
        copyInto(prefix, ParameterNames.arrays(model));
        return model;
    }

    /**
     * Checks that the checkpoint has exactly what a model or an optimizer needs. A shape is null
     * where it is only known when the model is initialized.
     *
     * @throws CheckpointException if one is missing or has another shape or type, or there are more
     */
    void checkShapes(String prefix, Map<String, @Nullable Shape> shapes) {
        shapes.forEach(
                (name, shape) -> {
                    NDArray tensor = tensors.get(prefix + name);
                    if (tensor == null
                            || (shape != null && !tensor.getShape().equals(shape))
                            || !tensor.getDataType().isFloating()) {
                        throw new CheckpointException(
                                ("the checkpoint must have %s%s in floating-point numbers%s, but"
                                                + " has %s")
                                        .formatted(
                                                prefix,
                                                name,
                                                shape == null ? "" : " of shape " + shape,
                                                tensor == null ? "none" : describe(tensor)));
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
     * Copies tensors, whose names begin with a prefix here, into arrays of the names after it.
     *
     * @throws CheckpointException if one is missing, has another shape or type, or holds NaN or an
     *     infinity, or there are more
     */
    void copyInto(String prefix, Map<String, NDArray> arrays) {
        Map<String, @Nullable Shape> shapes = new LinkedHashMap<>();
        arrays.forEach((name, array) -> shapes.put(name, array.getShape()));
        checkShapes(prefix, shapes);
        arrays.forEach(
                (name, array) -> {
                    InPlace.copy(array, tensor(prefix + name));
                    checkFinite(prefix + name, array);
                });
    }

    private static void checkFinite(String name, NDArray array) {
        try (NDArray absolute = array.abs();
                NDArray finite = absolute.lt(Double.POSITIVE_INFINITY);
                NDArray all = finite.all()) {
            if (!all.getBoolean()) {
                throw new CheckpointException(
                        name + " holds NaN or an infinity; take a file of a run that went well");
            }
        }
    }

    static String describe(NDArray array) {
        return array.getDataType() + " of shape " + array.getShape();
    }
}
