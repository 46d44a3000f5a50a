/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import java.util.List;
import org.djlext.gradcheck.GradientComparison;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.train.Gradients;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Models against wrong numbers and files that do not fit; ModelsOnGpuTest has the right ones. */
class ReferenceModelsTest {

    private static final Tolerance TOLERANCE = new Tolerance(1e-9, 1e-12);

    @Test
    void aWrongWeightIsSeen() {
        JsonObject file = read("makemore_bow");
        JsonObject weight =
                file.getAsJsonObject("weights").getAsJsonObject("context_block.mlp.c_fc.bias");
        double first = weight.getAsJsonArray("data").get(0).getAsDouble();
        weight.getAsJsonArray("data").set(0, new com.google.gson.JsonPrimitive(first + 1e-6));
        List<String> wrong =
                compare(file, Gradients.MANUAL).rows().stream()
                        .filter(row -> !row.approximate())
                        .map(GradientComparison::name)
                        .toList();
        assertFalse(wrong.isEmpty());
        assertEquals("logits", wrong.get(0));
    }

    @Test
    void unknownModelsAndForeignWeightsAreRefused() {
        JsonObject unknown = read("makemore_bow");
        unknown.addProperty("model", "lstm");
        assertEquals(
                "bow.json: has the model \"lstm\", which is not known here; known are"
                        + " lecture_gpt, makemore_bigram, makemore_bow, makemore_gru, makemore_mlp,"
                        + " makemore_rnn, makemore_transformer",
                refused(unknown));
        JsonObject foreign = read("makemore_bow");
        foreign.getAsJsonObject("weights").remove("wpe.weight");
        assertEquals(
                "bow.json: weights must have [wte.weight, wpe.weight,"
                        + " context_block.mlp.c_fc.weight, context_block.mlp.c_fc.bias,"
                        + " context_block.mlp.c_proj.weight, context_block.mlp.c_proj.bias,"
                        + " lm_head.weight, lm_head.bias], but has [wte.weight,"
                        + " context_block.mlp.c_fc.weight, context_block.mlp.c_fc.bias,"
                        + " context_block.mlp.c_proj.weight, context_block.mlp.c_proj.bias,"
                        + " lm_head.weight, lm_head.bias]",
                refused(foreign));
        JsonObject larger = read("makemore_bow");
        larger.getAsJsonObject("config").addProperty("n_embd", 9);
        assertEquals(
                "bow.json: weights.wte.weight must have the shape (11, 9), but has (11, 8)",
                refused(larger));
    }

    private static @Nullable String refused(JsonObject file) {
        return assertThrows(DataFileException.class, () -> compare(file, Gradients.ENGINE))
                .getMessage();
    }

    private static JsonObject read(String model) {
        return ReferenceFiles.model(model).json();
    }

    private static GradientTable compare(JsonObject file, Gradients gradients) {
        try (NDManager manager = NDManager.newBaseManager()) {
            return ReferenceModels.compare(
                    new ReferenceNode("bow.json:", file), gradients, manager, TOLERANCE);
        }
    }
}
