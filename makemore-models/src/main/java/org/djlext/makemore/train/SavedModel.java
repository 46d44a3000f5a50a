/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.Map;
import org.djlext.files.Json;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.nn.ParameterNames;

/**
 * A model and its vocabulary in a checkpoint, to be sampled, evaluated or drawn.
 *
 * @param model the model, with its values
 * @param vocabulary the numbers of the characters
 * @param names the sha256 of the names that it was trained on
 */
public record SavedModel(LanguageModel model, CharVocabulary vocabulary, String names) {

    /** The kind of checkpoint. */
    public static final String FORMAT = "makemore";

    /** The version of this kind. */
    public static final int VERSION = 1;

    private static final String PREFIX = "model/";

    /**
     * Loads a model.
     *
     * @param file the checkpoint
     * @param manager the manager of the parameters
     * @return the model
     * @throws CheckpointException if it cannot be read
     */
    public static SavedModel load(Path file, NDManager manager) {
        try (NDManager sub = manager.newSubManager()) {
            return of(Checkpoint.read(file, FORMAT, VERSION, sub), manager);
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
        CharVocabulary vocabulary = new CharVocabulary(Json.text(header, "vocabulary"));
        String names = Json.text(header, "names");
        if (config.vocabSize() != vocabulary.size()) {
            throw new CheckpointException(
                    "the checkpoint's model knows "
                            + config.vocabSize()
                            + " characters, but its vocabulary has "
                            + vocabulary.size());
        }
        LanguageModel model = config.model();
        checkpoint.checkShapes(PREFIX, ParameterNames.shapes(model));
        model.initialize(manager, DataType.FLOAT32);
        checkpoint.copyInto(PREFIX, ParameterNames.arrays(model));
        return new SavedModel(model, vocabulary, names);
    }

    /** Adds model and vocabulary to what is written. */
    void addTo(JsonObject header, Map<String, NDArray> tensors) {
        header.add("model", model.config().description());
        header.addProperty("vocabulary", vocabulary.characters());
        header.addProperty("names", names);
        ParameterNames.arrays(model).forEach((name, array) -> tensors.put(PREFIX + name, array));
    }
}
