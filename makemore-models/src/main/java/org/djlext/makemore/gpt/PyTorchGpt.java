/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.djlext.files.FileFailure;
import org.djlext.files.Json;
import org.djlext.files.SafetensorsFile;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Vocabulary;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.model.GptConfig.Structure;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.train.Checkpoint;
import org.djlext.makemore.train.CheckpointException;
import org.djlext.makemore.train.SavedModel;
import org.djlext.nn.ParameterNames;
import org.jspecify.annotations.Nullable;

/**
 * Safetensors files with the names that the lecture's script gives its parameters, so that what is
 * trained there can be sampled here and the other way round:
 *
 * <pre>{@code
 * safetensors.torch.save_file(model.state_dict(), "gpt.safetensors")
 * model.load_state_dict(safetensors.torch.load_file("gpt.safetensors"), strict=False)
 * }</pre>
 *
 * <p>(The script's {@code tril} buffers are not written, hence {@code strict=False}; they are
 * passed over when they are read.) The sizes are taken from the shapes. The vocabulary is in the
 * file's metadata if it was written here; the script keeps it apart, as the sorted characters of
 * its text.
 */
public final class PyTorchGpt {

    private static final String KIND = "GPT of the lecture";
    private static final String VOCABULARY = "vocabulary";
    private static final String MODEL = "model";
    private static final String DESCRIPTION = "{\"type\":";
    private static final String BUFFER = ".tril";
    private static final String TOKENS = "token_embedding_table.weight";
    private static final String POSITIONS = "position_embedding_table.weight";
    private static final String BLOCK = "blocks.0.sa.";
    private static final String KEY = "heads.0.key.weight";
    private static final int BIGRAM_BLOCK = 8;

    private PyTorchGpt() {}

    /**
     * Writes a model; those of makemore get the names of makemore.py and of the lectures' layers.
     * Its type and sizes are in the metadata too, as JSON.
     *
     * @param saved the model and its vocabulary
     * @param file the file, which is replaced if it is there
     */
    public static void write(SavedModel saved, Path file) {
        Map<String, String> metadata = new TreeMap<>();
        metadata.put("format", "pt");
        metadata.put(VOCABULARY, text(saved.vocabulary()));
        metadata.put(MODEL, saved.model().config().description().toString());
        try {
            new SafetensorsFile(ParameterNames.arrays(saved.model()), metadata).write(file);
        } catch (IOException e) {
            throw new CheckpointException(
                    "the file " + file + " cannot be written (" + FileFailure.reason(e) + ")");
        }
    }

    /**
     * {@return the model of a file, in float32}
     *
     * @param file the file
     * @param manager the manager of the parameters
     * @param given the vocabulary, needed if the file has none
     * @throws CheckpointException if the file cannot be read, or is no model of the lecture
     */
    public static SavedModel read(Path file, NDManager manager, @Nullable Vocabulary given) {
        try (NDManager sub = manager.newSubManager()) {
            SafetensorsFile read = read(file, sub);
            Map<String, NDArray> tensors = new LinkedHashMap<>(read.tensors());
            tensors.keySet().removeIf(name -> name.endsWith(BUFFER));
            GptConfig config = config(file, tensors);
            LanguageModel model = model(file, KIND, tensors, config, manager);
            String vocabulary = read.metadata().get(VOCABULARY);
            Vocabulary known = vocabulary == null ? given : vocabulary(vocabulary);
            if (known == null || known.size() != config.vocabSize()) {
                throw new CheckpointException(
                        ("%s has a model of %s characters, but %s; give the text that it was"
                                        + " trained on with --text")
                                .formatted(
                                        file,
                                        config.vocabSize(),
                                        known == null
                                                ? "does not say which"
                                                : known.size() + " are known"));
            }
            return new SavedModel(model, known, null);
        }
    }

    /**
     * The characters of a text as the lecture's script keeps them, other vocabularies by their
     * description.
     */
    private static String text(Vocabulary vocabulary) {
        return vocabulary instanceof CharVocabulary letters && !letters.hasSeparator()
                ? letters.characters()
                : vocabulary.description().toString();
    }

    // No description is a list of characters, each once.
    private static Vocabulary vocabulary(String text) {
        return text.startsWith(DESCRIPTION)
                ? Vocabulary.of(Json.parseObject(text))
                : CharVocabulary.ofText(text);
    }

    /** Makes a model of tensors by the names of its parameters. */
    static LanguageModel model(
            Path file,
            String kind,
            Map<String, NDArray> tensors,
            ModelConfig config,
            NDManager manager) {
        try {
            return new Checkpoint(new JsonObject(), tensors).model("", config, manager);
        } catch (CheckpointException e) {
            throw new CheckpointException(file + " is no " + kind + ": " + e.getMessage());
        }
    }

    static SafetensorsFile read(Path file, NDManager manager) {
        try {
            return SafetensorsFile.read(file, manager);
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(
                    file + " is no safetensors file, or a damaged one: " + e.getMessage());
        } catch (IOException e) {
            throw new CheckpointException("the file " + file + " " + e.getMessage());
        }
    }

    /** Finds out what the model is made of by the names and shapes of its parameters. */
    private static GptConfig config(Path file, Map<String, NDArray> tensors) {
        Shape tokens = matrix(file, tensors, TOKENS);
        int block =
                tensors.containsKey(POSITIONS)
                        ? (int) matrix(file, tensors, POSITIONS).get(0)
                        : BIGRAM_BLOCK;
        Structure structure = structure(tensors);
        int layers = Math.max(1, count(tensors, "blocks.", ".sa.heads.0.key.weight"));
        String attention = tensors.containsKey(BLOCK + KEY) ? BLOCK : "sa_heads.";
        int heads = Math.max(1, count(tensors, attention + "heads.", ".key.weight"));
        try {
            GptConfig config =
                    new GptConfig(
                            structure,
                            (int) tokens.get(0),
                            block,
                            (int) tokens.get(1),
                            heads,
                            layers,
                            0,
                            false,
                            false);
            config.check();
            return config;
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(file + " is no " + KIND + ": " + e.getMessage());
        }
    }

    private static Shape matrix(Path file, Map<String, NDArray> tensors, String name) {
        NDArray tensor = tensors.get(name);
        if (tensor == null || tensor.getShape().dimension() != 2) {
            throw new CheckpointException(
                    file + " is no " + KIND + ": it must have a matrix " + name);
        }
        return tensor.getShape();
    }

    private static Structure structure(Map<String, NDArray> tensors) {
        if (!tensors.containsKey(POSITIONS)) {
            return Structure.BIGRAM;
        }
        if (tensors.containsKey(BLOCK + KEY)) {
            // Residuals leave no trace in a file, and came into the lecture with projections.
            return tensors.containsKey("ln_f.weight")
                    ? Structure.LAYER_NORM
                    : tensors.containsKey(BLOCK + "proj.weight")
                            ? Structure.PROJECTION
                            : Structure.BLOCKS;
        }
        if (tensors.containsKey("sa_heads." + KEY)) {
            return tensors.containsKey("ffwd.net.0.weight")
                    ? Structure.FEED_FORWARD
                    : Structure.HEADS;
        }
        return tensors.containsKey("sa_head.key.weight") ? Structure.HEAD : Structure.EMBEDDING;
    }

    private static int count(Map<String, NDArray> tensors, String before, String after) {
        int count = 0;
        while (tensors.containsKey(before + count + after)) {
            count++;
        }
        return count;
    }
}
