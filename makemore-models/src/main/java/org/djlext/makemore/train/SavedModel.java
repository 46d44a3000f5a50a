/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.djlext.files.Json;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.data.Source;
import org.djlext.makemore.data.Vocabulary;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.nn.ParameterNames;
import org.jspecify.annotations.Nullable;

/**
 * A model, its vocabulary and its data in a checkpoint, to be sampled, evaluated or drawn.
 *
 * @param model the model, with its values
 * @param vocabulary the numbers of the characters or byte pairs
 * @param source where the data came from that it was trained on; null if that is not known
 */
public record SavedModel(LanguageModel model, Vocabulary vocabulary, @Nullable Source source) {

    private static final String PREFIX = "model/";
    private static final String SOURCE = "source";

    /**
     * Checks that model and vocabulary belong together.
     *
     * @param model the model, with its values
     * @param vocabulary the numbers of the characters or byte pairs
     * @param source where the data came from that it was trained on; null if that is not known
     * @throws IllegalArgumentException if they do not
     */
    public SavedModel {
        if (model.config().vocabSize() != vocabulary.size()) {
            throw new IllegalArgumentException(
                    "the model knows %s tokens, but its vocabulary has %s"
                            .formatted(model.config().vocabSize(), vocabulary.size()));
        }
    }

    /**
     * {@return the model of a checkpoint}
     *
     * @param file the checkpoint
     * @param manager the manager of the parameters
     * @throws CheckpointException if it cannot be read
     */
    public static SavedModel load(Path file, NDManager manager) {
        try (NDManager sub = manager.newSubManager()) {
            return of(Checkpoint.read(file, sub), manager);
        } catch (IllegalArgumentException e) {
            throw CheckpointException.of(file, e);
        }
    }

    /**
     * Takes the model out of a checkpoint.
     *
     * @throws CheckpointException if a tensor does not fit
     * @throws IllegalArgumentException if the header does not
     */
    static SavedModel of(Checkpoint checkpoint, NDManager manager) {
        JsonObject header = checkpoint.header();
        ModelConfig config = ModelConfig.of(Json.object(header, "model"));
        Vocabulary vocabulary = Vocabulary.of(Json.object(header, "vocabulary"));
        Source source = header.has(SOURCE) ? Json.record(header, SOURCE, Source.class) : null;
        return new SavedModel(checkpoint.model(PREFIX, config, manager), vocabulary, source);
    }

    /**
     * {@return the data that the model was trained on, read again}
     *
     * @throws DataFileException if they are not there any more, are others now, or are not known
     */
    public Corpus corpus() {
        if (source == null) {
            throw new DataFileException(
                    "the file does not say what the model was trained on; give it with"
                            + " --data, or --text");
        }
        return source.open();
    }

    /**
     * {@return whether the model was trained on some data}
     *
     * @param corpus the data
     */
    public boolean isTrainedOn(Corpus corpus) {
        return source != null && source.sha256().equals(corpus.sha256());
    }

    /**
     * Writes the model alone, without what a run needs to be resumed.
     *
     * @param file the checkpoint, which is replaced if it is there
     */
    public void write(Path file) {
        JsonObject header = new JsonObject();
        Map<String, NDArray> tensors = new LinkedHashMap<>();
        addTo(header, tensors);
        new Checkpoint(header, tensors).write(file);
    }

    /** Adds model, vocabulary and source to what is written. */
    void addTo(JsonObject header, Map<String, NDArray> tensors) {
        header.add("model", model.config().description());
        header.add("vocabulary", vocabulary.description());
        if (source != null) {
            header.add(SOURCE, Json.tree(source));
        }
        ParameterNames.arrays(model).forEach((name, array) -> tensors.put(PREFIX + name, array));
    }
}
