/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.Model;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.djlext.makemore.train.Checkpoint;

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
    private static final String DESCRIPTION = "gpt.json";

    private GptFolder() {}

    /**
     * Writes a model.
     *
     * @param saved the model and its vocabulary
     * @param folder the folder, made if it is not there
     * @throws IOException if it cannot be written
     */
    public static void save(SavedGpt saved, Path folder) throws IOException {
        Files.createDirectories(folder);
        JsonObject description = new JsonObject();
        description.add("model", Checkpoint.GSON.toJsonTree(saved.model().config()));
        description.addProperty("vocabulary", saved.tokenizer().characters());
        Files.writeString(folder.resolve(DESCRIPTION), description.toString());
        Files.writeString(
                folder.resolve("serving.properties"),
                "engine=PyTorch\noption.modelName="
                        + NAME
                        + "\noption.epoch=0\nblockFactory="
                        + GptBlockFactory.class.getName()
                        + "\n");
        try (Model model = Model.newInstance(NAME, "PyTorch")) {
            model.setBlock(saved.model());
            model.setProperty("Epoch", "0");
            model.save(folder, NAME);
        }
    }

    static GptConfig config(Path folder) throws IOException {
        try {
            return Objects.requireNonNull(
                    Checkpoint.GSON.fromJson(read(folder).get("model"), GptConfig.class));
        } catch (JsonParseException | IllegalArgumentException | NullPointerException e) {
            throw damaged(folder, e);
        }
    }

    static CharTokenizer tokenizer(Path folder) throws IOException {
        try {
            return new CharTokenizer(read(folder).get("vocabulary").getAsString());
        } catch (IllegalArgumentException | NullPointerException e) {
            throw damaged(folder, e);
        }
    }

    private static JsonObject read(Path folder) throws IOException {
        try {
            return JsonParser.parseString(Files.readString(folder.resolve(DESCRIPTION)))
                    .getAsJsonObject();
        } catch (JsonParseException | IllegalStateException e) {
            throw damaged(folder, e);
        }
    }

    private static IOException damaged(Path folder, Exception e) {
        return new IOException(
                folder.resolve(DESCRIPTION)
                        + " must describe a model as GptFolder.save does, but does not",
                e);
    }
}
