/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.djlext.examples.cli.CommandLines;
import org.djlext.files.OutputFile;
import org.djlext.makemore.data.PublishedFile;
import org.djlext.makemore.train.CheckpointException;
import org.djlext.makemore.train.SavedModel;

/**
 * A trained model that all executors have. Its checkpoint is sent to each of them once, and a JVM
 * loads it once, for all of its tasks and as long as it lives: a model is small beside the engine.
 */
public final class SharedModel implements Serializable {

    private static final long serialVersionUID = 1L;

    private static final Map<String, SavedModel> LOADED = new ConcurrentHashMap<>();

    private final String path;
    private final String sha256;
    private final Broadcast<byte[]> checkpoint;

    private SharedModel(String path, String sha256, Broadcast<byte[]> checkpoint) {
        this.path = path;
        this.sha256 = sha256;
        this.checkpoint = checkpoint;
    }

    /**
     * Reads a checkpoint in the driver, which must find no mistake in it.
     *
     * @param session the session
     * @param path the checkpoint, in any file system that Spark reads
     * @return the model
     * @throws CheckpointException if it cannot be read
     */
    public static SharedModel read(SparkSession session, String path) {
        byte[] bytes;
        try {
            bytes = SharedFolder.read(session, path);
        } catch (IOException e) {
            throw new CheckpointException(
                    "the checkpoint " + path + " cannot be read: " + e.getMessage());
        }
        SharedModel model =
                new SharedModel(
                        path,
                        PublishedFile.sha256(bytes),
                        new JavaSparkContext(session.sparkContext()).broadcast(bytes));
        model.saved();
        return model;
    }

    /** Returns the model, in the driver or in a task. */
    SavedModel saved() {
        return LOADED.computeIfAbsent(sha256, key -> load(checkpoint.value()));
    }

    private static SavedModel load(byte[] bytes) {
        CommandLines.prepareEngine(); // Spark has a task for each core
        try {
            Path file = Files.createTempFile("model", ".checkpoint");
            try {
                OutputFile.write(file, out -> out.write(bytes));
                return SavedModel.load(file, NDManager.newBaseManager());
            } finally {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return path;
    }
}
