/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.zoo;

import ai.djl.repository.zoo.ModelZoo;
import java.util.Set;

/**
 * Loads models that were trained here by DJL's {@code Criteria}:
 *
 * <pre>{@code
 * Criteria<String, String> criteria =
 *         Criteria.builder()
 *                 .setTypes(String.class, String.class)
 *                 .optGroupId(MakemoreZoo.GROUP_ID)
 *                 .optArgument(MakemoreZoo.CHECKPOINT, "runs/mlp-bn/best.safetensors")
 *                 .build();
 * try (ZooModel<String, String> model = criteria.loadModel();
 *         Predictor<String, String> predictor = model.newPredictor()) {
 *     String name = predictor.predict("ma"); // a name that starts with ma
 * }
 * }</pre>
 *
 * <p>Further arguments: {@code temperature} and {@code topK}, as in {@link
 * org.djlext.makemore.sample.SamplerSettings}.
 */
public final class MakemoreZoo extends ModelZoo {

    /** The group of the zoo. */
    public static final String GROUP_ID = "org.djlext.makemore";

    /** The argument with the path of the checkpoint. */
    public static final String CHECKPOINT = "checkpoint";

    MakemoreZoo() {
        addModel(new CheckpointLoader());
    }

    @Override
    public String getGroupId() {
        return GROUP_ID;
    }

    @Override
    public Set<String> getSupportedEngines() {
        return Set.of("PyTorch");
    }
}
