/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.Model;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import org.djlext.files.InputFile;
import org.djlext.files.Json;
import org.djlext.files.OutputFile;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Vocabulary;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.train.SavedModel;

/**
 * A GPT as a folder that DJL's model zoo loads: the parameters as {@code Model.save} writes them,
 * {@code gpt.json} with sizes and vocabulary, and {@code serving.properties}, which names {@link
 * GptBlockFactory}.
 *
 * <pre>{@code
 * Criteria<String, String> criteria = Criteria.builder()
 *         .setTypes(String.class, String.class)
 *         .optModelPath(folder)
 *         .optTranslatorFactory(new GptTranslatorFactory())
 *         .optArgument("length", 300)
 *         .build();
 * try (ZooModel<String, String> model = criteria.loadModel();
 *         Predictor<String, String> predictor = model.newPredictor()) {
 *     System.out.println(predictor.predict("KEEPER:"));
 * }
 * }</pre>
 */
public final class GptFolder {

    private static final String NAME = "gpt";
    private static final String PARAMETERS = NAME + "-0000.params"; // of epoch 0
    private static final String DESCRIPTION = "gpt.json";

    private GptFolder() {}

    /**
     * Writes a model.
     *
     * @param saved the model and its vocabulary
     * @param folder the folder, made if it is not there
     * @throws IOException if it cannot be written
     */
    public static void save(SavedModel saved, Path folder) throws IOException {
        Files.createDirectories(folder);
        JsonObject description = new JsonObject();
        description.add("model", saved.model().config().description());
        description.add("vocabulary", saved.vocabulary().description());
        OutputFile.writeString(folder.resolve(DESCRIPTION), description.toString());
        OutputFile.writeString(
                folder.resolve("serving.properties"),
                "engine=PyTorch\noption.modelName="
                        + NAME
                        + "\noption.epoch=0\nblockFactory="
                        + GptBlockFactory.class.getName()
                        + "\n");
        try (Model model = Model.newInstance(NAME, "PyTorch")) {
            model.setBlock(saved.model());
            model.setProperty("Epoch", "0");
            Path work = Files.createTempDirectory(NAME);
            Path written = work.resolve(PARAMETERS);
            try {
                // DJL writes into the folder itself, and leaves half a file if the disk is full.
                model.save(work, NAME);
                OutputFile.write(folder.resolve(PARAMETERS), out -> Files.copy(written, out));
            } finally {
                Files.deleteIfExists(written);
                Files.delete(work);
            }
        }
    }

    static GptConfig config(Path folder) throws IOException {
        return read(folder, description -> gpt(Json.object(description, "model")));
    }

    static CharVocabulary vocabulary(Path folder) throws IOException {
        return read(
                folder,
                description ->
                        (CharVocabulary) Vocabulary.of(Json.object(description, "vocabulary")));
    }

    private static GptConfig gpt(JsonObject description) {
        if (ModelConfig.of(description) instanceof GptConfig config) {
            return config;
        }
        throw new IllegalArgumentException("its model must be a GPT, but is another");
    }

    private static <T> T read(Path folder, Function<JsonObject, T> part) throws IOException {
        Path file = folder.resolve(DESCRIPTION);
        String text;
        try {
            text = InputFile.readString(file);
        } catch (IOException e) {
            throw new IOException(file + " " + e.getMessage(), e);
        }
        try {
            return part.apply(Json.parseObject(text));
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    file
                            + " must describe a model as GptFolder.save does, but does not: "
                            + e.getMessage(),
                    e);
        }
    }
}
