/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import org.djlext.nn.BatchNorm;

/**
 * The sizes and the variant of a model; makemore's {@code ModelConfig} and the hyper-parameters of
 * the lectures. A field that a model has no use for is ignored by it.
 *
 * @param type the model
 * @param vocabSize the number of characters, with the one for start and end
 * @param blockSize how many characters the model sees ({@code block_size})
 * @param layers how many layers there are ({@code n_layer})
 * @param embedding the length of a character's vector ({@code n_embd})
 * @param hidden the number of hidden units ({@code n_hidden}, {@code n_embd2})
 * @param heads the number of attention heads ({@code n_head})
 * @param init how the MLP of makemore 2 and 3 starts
 * @param batchNorm whether the deep network has batch normalization
 * @param gain what the initial weights of the deep network's hidden layers are multiplied by
 * @param fanIn whether they are divided by the root of the number of inputs
 * @param tanh whether the deep network has nonlinearities
 * @param axes over which axes WaveNet's batch norm goes
 */
public record ModelConfig(
        ModelType type,
        int vocabSize,
        int blockSize,
        int layers,
        int embedding,
        int hidden,
        int heads,
        MlpInit init,
        boolean batchNorm,
        double gain,
        boolean fanIn,
        boolean tanh,
        BatchNorm.Axes axes) {

    private static final int MOST_LEVELS = 20;

    // Far beyond any model of names, so that a model of a file that may hold anything takes no more
    // memory and time than its file.
    private static final int MAX_LAYERS = 1000;
    private static final int MAX_BLOCK_SIZE = 1 << 16;

    /** The gain for tanh, 5/3 (makemore 3). */
    public static final double TANH_GAIN = 5.0 / 3;

    /**
     * Checks the sizes.
     *
     * @param type the model
     * @param vocabSize at least 2
     * @param blockSize from 1 to 65,536
     * @param layers from 1 to 1,000
     * @param embedding at least 1, and for a transformer a multiple of heads
     * @param hidden at least 1
     * @param heads at least 1
     * @param init the MLP's start
     * @param batchNorm whether deep has it
     * @param gain deep's gain
     * @param fanIn whether deep divides by the root of the fan-in
     * @param tanh whether deep has it
     * @param axes WaveNet's axes of batch norm
     */
    public ModelConfig {
        atLeast("vocabSize", vocabSize, 2);
        atLeast("blockSize", blockSize, 1);
        atLeast("layers", layers, 1);
        atLeast("embedding", embedding, 1);
        atLeast("hidden", hidden, 1);
        atLeast("heads", heads, 1);
        if (layers > MAX_LAYERS || blockSize > MAX_BLOCK_SIZE) {
            throw new IllegalArgumentException(
                    "a model's layers must be at most "
                            + MAX_LAYERS
                            + " and its blockSize at most "
                            + MAX_BLOCK_SIZE
                            + ", but they are "
                            + layers
                            + " and "
                            + blockSize);
        }
        if ((long) blockSize * embedding > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "a model's blockSize times its embedding must be less than 2^31, but they are "
                            + blockSize
                            + " and "
                            + embedding);
        }
        if (type == ModelType.TRANSFORMER && embedding % heads != 0) {
            throw new IllegalArgumentException(
                    "a transformer's embedding must be a multiple of its heads, but they are "
                            + embedding
                            + " and "
                            + heads);
        }
        if (type == ModelType.WAVENET) {
            checkTree(blockSize, layers);
        }
    }

    private static void checkTree(int blockSize, int layers) {
        if (layers > MOST_LEVELS) {
            throw new IllegalArgumentException(
                    "wavenet has at most " + MOST_LEVELS + " layers, but got " + layers);
        }
        int pairs = 1 << (layers - 1);
        if (layers > 1 && (blockSize % pairs != 0 || blockSize == pairs)) {
            throw new IllegalArgumentException(
                    "wavenet with "
                            + layers
                            + " layers fuses pairs "
                            + (layers - 1)
                            + " times before the last layer, which needs two or more, so its block"
                            + " size must be a multiple of "
                            + pairs
                            + " from "
                            + 2 * pairs
                            + " on, but is "
                            + blockSize);
        }
    }

    private static void atLeast(String name, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(
                    "a model's " + name + " must be at least " + least + ", but is " + value);
        }
    }

    /**
     * Makes the model, without values; they come when it is initialized or loaded.
     *
     * @return the model
     */
    public LanguageModel model() {
        return type.make(this);
    }

    /**
     * Returns a builder with 4 heads, the Kaiming start, batch norm with gain 1, and all else to be
     * set.
     *
     * @param type the model
     * @param vocabSize the number of characters, with the one for start and end
     * @return the builder
     */
    public static Builder builder(ModelType type, int vocabSize) {
        return new Builder(type, vocabSize);
    }

    /**
     * Returns a builder that starts from these values.
     *
     * @return the builder
     */
    public Builder toBuilder() {
        return new Builder(type, vocabSize)
                .blockSize(blockSize)
                .layers(layers)
                .embedding(embedding)
                .hidden(hidden)
                .heads(heads)
                .init(init)
                .batchNorm(batchNorm)
                .gain(gain)
                .fanIn(fanIn)
                .tanh(tanh)
                .axes(axes);
    }

    /** The builder of {@link ModelConfig}; its methods are named after the fields. */
    public static final class Builder {
        private final ModelType type;
        private final int vocabSize;
        private int blockSize = 3;
        private int layers = 1;
        private int embedding = 10;
        private int hidden = 200;
        private int heads = 4;
        private MlpInit init = MlpInit.KAIMING;
        private boolean batchNorm = true;
        private double gain = 1;
        private boolean fanIn = true;
        private boolean tanh = true;
        private BatchNorm.Axes axes = BatchNorm.Axes.BATCH_AND_POSITIONS;

        private Builder(ModelType type, int vocabSize) {
            this.type = type;
            this.vocabSize = vocabSize;
        }

        /**
         * Sets how many characters the model sees.
         *
         * @param blockSize the value
         * @return this builder
         */
        public Builder blockSize(int blockSize) {
            this.blockSize = blockSize;
            return this;
        }

        /**
         * Sets how many layers there are.
         *
         * @param layers the value
         * @return this builder
         */
        public Builder layers(int layers) {
            this.layers = layers;
            return this;
        }

        /**
         * Sets the length of a character's vector.
         *
         * @param embedding the value
         * @return this builder
         */
        public Builder embedding(int embedding) {
            this.embedding = embedding;
            return this;
        }

        /**
         * Sets the number of hidden units.
         *
         * @param hidden the value
         * @return this builder
         */
        public Builder hidden(int hidden) {
            this.hidden = hidden;
            return this;
        }

        /**
         * Sets the number of attention heads.
         *
         * @param heads the value
         * @return this builder
         */
        public Builder heads(int heads) {
            this.heads = heads;
            return this;
        }

        /**
         * Sets how the MLP starts.
         *
         * @param init the value
         * @return this builder
         */
        public Builder init(MlpInit init) {
            this.init = init;
            return this;
        }

        /**
         * Sets whether the deep network has batch normalization.
         *
         * @param batchNorm the value
         * @return this builder
         */
        public Builder batchNorm(boolean batchNorm) {
            this.batchNorm = batchNorm;
            return this;
        }

        /**
         * Sets what the initial hidden weights are multiplied by.
         *
         * @param gain the value
         * @return this builder
         */
        public Builder gain(double gain) {
            this.gain = gain;
            return this;
        }

        /**
         * Sets whether they are divided by the root of the number of inputs.
         *
         * @param fanIn the value
         * @return this builder
         */
        public Builder fanIn(boolean fanIn) {
            this.fanIn = fanIn;
            return this;
        }

        /**
         * Sets whether the deep network has nonlinearities.
         *
         * @param tanh the value
         * @return this builder
         */
        public Builder tanh(boolean tanh) {
            this.tanh = tanh;
            return this;
        }

        /**
         * Sets over which axes WaveNet's batch norm goes.
         *
         * @param axes the value
         * @return this builder
         */
        public Builder axes(BatchNorm.Axes axes) {
            this.axes = axes;
            return this;
        }

        /**
         * Builds the record.
         *
         * @return the sizes
         * @throws IllegalArgumentException if they do not fit each other
         */
        public ModelConfig build() {
            return new ModelConfig(
                    type, vocabSize, blockSize, layers, embedding, hidden, heads, init, batchNorm,
                    gain, fanIn, tanh, axes);
        }
    }
}
