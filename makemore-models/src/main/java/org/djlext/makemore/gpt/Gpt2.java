/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.djlext.files.InputFile;
import org.djlext.files.Json;
import org.djlext.makemore.data.BytePairVocabulary;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.model.Transformer;
import org.djlext.makemore.train.CheckpointException;
import org.jspecify.annotations.Nullable;

/**
 * GPT-2 with its weights, from a folder as Hugging Face has them: config.json, model.safetensors,
 * and vocab.json with merges.txt.
 *
 * <p>The model is the {@linkplain ModelType#TRANSFORMER transformer} of the makemore program, whose
 * parameters have the same names. Its linear layers keep their weights as (out, in), where GPT-2's
 * {@code Conv1D} has (in, out), so these are transposed; the last layer, which GPT-2 ties to the
 * embedding, gets a copy of it. Masks, which the file has as buffers, are passed over.
 *
 * <pre>{@code
 * Gpt2 gpt2 = Gpt2.read(Path.of("gpt2"), manager);
 * long[] tokens = Arrays.stream(gpt2.vocabulary().encode("Hello world")).asLongStream().toArray();
 * NDArray x = manager.create(tokens).expandDims(0);
 * NDArray logits = gpt2.model().call(new ParameterStore(manager, false), x, false); // (1, T, V)
 * }</pre>
 *
 * @param model the model in float32, ready for evaluation
 * @param vocabulary its byte pairs, or null if the folder has no vocab.json
 */
public record Gpt2(LanguageModel model, @Nullable BytePairVocabulary vocabulary) {

    private static final String KIND = "GPT-2 of its config.json";
    private static final String CONFIG_FILE = "config.json";
    private static final String WEIGHTS_FILE = "model.safetensors";
    private static final String VOCAB_FILE = "vocab.json";

    private static final String TRUNK = "transformer.";
    private static final String EMBEDDING = TRUNK + "wte.weight";
    private static final String HEAD = "lm_head.weight";
    private static final Pattern BUFFER = Pattern.compile(".*\\.attn\\.(masked_)?bias");
    private static final Pattern CONV1D = Pattern.compile(".*\\.(c_attn|c_proj|c_fc)\\.weight");

    private static final String ACTIVATION = "gelu_new";
    private static final double EPS = 1e-5;
    private static final int WIDER = 4;

    /**
     * {@return the model of a folder, and its vocabulary}
     *
     * @param folder the folder
     * @param manager the manager of the parameters
     * @throws CheckpointException if a file is missing or malformed, or the model differs from
     *     GPT-2
     * @throws org.djlext.makemore.data.DataFileException if the vocabulary is malformed
     */
    public static Gpt2 read(Path folder, NDManager manager) {
        ModelConfig config = config(folder.resolve(CONFIG_FILE));
        Path weights = folder.resolve(WEIGHTS_FILE);
        LanguageModel model;
        try (NDManager sub = manager.newSubManager()) {
            Map<String, NDArray> tensors = named(PyTorchGpt.read(weights, sub).tensors());
            model = PyTorchGpt.model(weights, KIND, tensors, config, manager);
        }
        boolean known = Files.exists(folder.resolve(VOCAB_FILE));
        BytePairVocabulary vocabulary = known ? BytePairVocabulary.read(folder) : null;
        if (vocabulary != null && vocabulary.size() > config.vocabSize()) {
            throw new CheckpointException(
                    "%s has a vocabulary of %s tokens, but a model of %s"
                            .formatted(folder, vocabulary.size(), config.vocabSize()));
        }
        return new Gpt2(model, vocabulary);
    }

    private static ModelConfig config(Path file) {
        try {
            JsonObject json = Json.parseObject(InputFile.readString(file));
            int embedding = size(json, "n_embd");
            String activation = Json.text(json, "activation_function");
            if (!activation.equals(ACTIVATION)) {
                throw new IllegalArgumentException(
                        "activation_function must be " + ACTIVATION + ", but is " + activation);
            }
            if (json.has("layer_norm_epsilon")
                    && !json.get("layer_norm_epsilon").equals(new JsonPrimitive(EPS))) {
                throw new IllegalArgumentException(
                        "layer_norm_epsilon must be 1e-5, but is "
                                + json.get("layer_norm_epsilon"));
            }
            boolean inner = json.has("n_inner") && !json.get("n_inner").isJsonNull();
            if (inner && size(json, "n_inner") != WIDER * embedding) {
                throw new IllegalArgumentException("n_inner must be 4 times n_embd");
            }
            ModelConfig config =
                    new Transformer.Config(
                            size(json, "vocab_size"),
                            size(json, "n_positions"),
                            embedding,
                            size(json, "n_layer"),
                            size(json, "n_head"));
            config.check();
            return config;
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(file + " is not of a GPT-2: " + e.getMessage());
        } catch (IOException e) {
            throw new CheckpointException(file + " " + e.getMessage());
        }
    }

    private static int size(JsonObject json, String name) {
        return (int) Math.min(Integer.MAX_VALUE, Json.count(json, name));
    }

    /** Returns the tensors by the names of our parameters, and as those have them. */
    private static Map<String, NDArray> named(Map<String, NDArray> tensors) {
        Map<String, NDArray> named = new LinkedHashMap<>();
        tensors.forEach(
                (name, tensor) -> {
                    if (!BUFFER.matcher(name).matches()) {
                        boolean whole = name.startsWith(TRUNK) || name.equals(HEAD);
                        boolean swap =
                                CONV1D.matcher(name).matches()
                                        && tensor.getShape().dimension() == 2;
                        named.put(whole ? name : TRUNK + name, swap ? tensor.transpose() : tensor);
                    }
                });
        NDArray embedding = named.get(EMBEDDING);
        if (embedding != null) {
            named.putIfAbsent(HEAD, embedding);
        }
        return named;
    }
}
