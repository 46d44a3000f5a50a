/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.djlext.makemore.model.GptConfig.Structure;
import org.djlext.nn.BatchNorm;

/** Makes a {@link ModelConfig}: takes of its values those that the record of the model has. */
public final class ModelConfigBuilder {

    private final ModelType type;
    private final Map<String, Object> values = new HashMap<>();

    ModelConfigBuilder(ModelType type) {
        this.type = type;
        blockSize(3).layers(1).embedding(10).hidden(200).heads(4).init(MlpInit.KAIMING);
        batchNorm(true).gain(1).fanIn(true).tanh(true).axes(BatchNorm.Axes.BATCH_AND_POSITIONS);
        dropout(0).structure(Structure.LAYER_NORM).bfloat16(false).checkpointing(false);
    }

    ModelConfigBuilder sizes(ModelConfig config) {
        for (RecordComponent component : config.getClass().getRecordComponents()) {
            try {
                values.put(component.getName(), component.getAccessor().invoke(config));
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("a record's components can be read", e);
            }
        }
        return this;
    }

    private ModelConfigBuilder set(String name, Object value) {
        values.put(name, value);
        return this;
    }

    /**
     * Sets the number of characters.
     *
     * @param vocabSize the value
     * @return this builder
     */
    public ModelConfigBuilder vocabSize(int vocabSize) {
        return set("vocabSize", vocabSize);
    }

    /**
     * Sets how many characters the model sees ({@code block_size}).
     *
     * @param blockSize the value
     * @return this builder
     */
    public ModelConfigBuilder blockSize(int blockSize) {
        return set("blockSize", blockSize);
    }

    /**
     * Sets how many layers, levels or blocks there are ({@code n_layer}).
     *
     * @param layers the value
     * @return this builder
     */
    public ModelConfigBuilder layers(int layers) {
        return set("layers", layers);
    }

    /**
     * Sets the length of a character's vector ({@code n_embd}).
     *
     * @param embedding the value
     * @return this builder
     */
    public ModelConfigBuilder embedding(int embedding) {
        return set("embedding", embedding);
    }

    /**
     * Sets the number of hidden units ({@code n_hidden}, {@code n_embd2}).
     *
     * @param hidden the value
     * @return this builder
     */
    public ModelConfigBuilder hidden(int hidden) {
        return set("hidden", hidden);
    }

    /**
     * Sets the number of attention heads ({@code n_head}).
     *
     * @param heads the value
     * @return this builder
     */
    public ModelConfigBuilder heads(int heads) {
        return set("heads", heads);
    }

    /**
     * Sets how the MLP of makemore 2 and 3 starts.
     *
     * @param init the value
     * @return this builder
     */
    public ModelConfigBuilder init(MlpInit init) {
        return set("init", init);
    }

    /**
     * Sets whether the deep network has batch normalization.
     *
     * @param batchNorm the value
     * @return this builder
     */
    public ModelConfigBuilder batchNorm(boolean batchNorm) {
        return set("batchNorm", batchNorm);
    }

    /**
     * Sets what the initial weights of the deep network's hidden layers are multiplied by.
     *
     * @param gain the value
     * @return this builder
     */
    public ModelConfigBuilder gain(double gain) {
        return set("gain", gain);
    }

    /**
     * Sets whether they are divided by the root of the number of inputs.
     *
     * @param fanIn the value
     * @return this builder
     */
    public ModelConfigBuilder fanIn(boolean fanIn) {
        return set("fanIn", fanIn);
    }

    /**
     * Sets whether the deep network has nonlinearities.
     *
     * @param tanh the value
     * @return this builder
     */
    public ModelConfigBuilder tanh(boolean tanh) {
        return set("tanh", tanh);
    }

    /**
     * Sets over which axes WaveNet's batch norm goes.
     *
     * @param axes the value
     * @return this builder
     */
    public ModelConfigBuilder axes(BatchNorm.Axes axes) {
        return set("axes", axes);
    }

    /**
     * Sets the probability of an element of the GPT to be dropped in training.
     *
     * @param dropout the value
     * @return this builder
     */
    public ModelConfigBuilder dropout(double dropout) {
        return set("dropout", dropout);
    }

    /**
     * Sets what the GPT is made of.
     *
     * @param structure the value
     * @return this builder
     */
    public ModelConfigBuilder structure(Structure structure) {
        return set("structure", structure);
    }

    /**
     * Sets whether the GPT computes its products in bfloat16, with weights and gradients in
     * float32.
     *
     * @param bfloat16 the value
     * @return this builder
     */
    public ModelConfigBuilder bfloat16(boolean bfloat16) {
        return set("bfloat16", bfloat16);
    }

    /**
     * Sets whether the GPT's blocks keep only their input for backward and compute the rest again.
     *
     * @param checkpointing the value
     * @return this builder
     */
    public ModelConfigBuilder checkpointing(boolean checkpointing) {
        return set("checkpointing", checkpointing);
    }

    /**
     * Makes the record.
     *
     * @return the sizes
     * @throws IllegalArgumentException if they do not fit each other
     */
    public ModelConfig build() {
        RecordComponent[] components = type.config().getRecordComponents();
        Class<?>[] types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        Object[] arguments =
                Arrays.stream(components)
                        .map(component -> values.get(component.getName()))
                        .toArray();
        try {
            Constructor<? extends ModelConfig> constructor =
                    type.config().getDeclaredConstructor(types);
            return constructor.newInstance(arguments);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IllegalArgumentException mistake) {
                throw mistake;
            }
            throw new IllegalStateException(e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a record has a constructor of its components", e);
        }
    }
}
