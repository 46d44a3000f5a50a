/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.ninja;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.Initializer;
import java.util.Iterator;
import java.util.List;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.model.HiddenConfig;
import org.djlext.makemore.model.MlpBatchNorm;
import org.djlext.makemore.model.ModelType;
import org.djlext.nn.Activations;
import org.djlext.nn.BatchNorm;
import org.djlext.nn.Embedding;
import org.djlext.nn.FlattenConsecutive;
import org.djlext.nn.Linear;
import org.djlext.nn.ParameterNames;

/**
 * The network of the exercises as layers over {@link NinjaParameters}, which it shares: an MLP with
 * batch norm like {@link MlpBatchNorm}, but with a bias before batch norm and eps in it.
 *
 * <p>The lecture keeps no running statistics in these exercises. It computes mean and variance of
 * the whole training set once, at the end ("calibrate the batch norm"); {@link
 * org.djlext.makemore.train.Calibration} puts these in place of the running ones.
 */
public final class NinjaNetwork extends ContextModel {

    /**
     * Makes the network.
     *
     * @param values the values, which training changes in place
     */
    public NinjaNetwork(NinjaParameters values) {
        this(values, sizes(values));
    }

    private NinjaNetwork(NinjaParameters values, HiddenConfig sizes) {
        super(sizes, () -> layers(sizes));
        Iterator<Parameter> parameters = ParameterNames.trained(this).values().iterator();
        for (NDArray value :
                List.of(
                        values.c(),
                        values.w1(),
                        values.b1(),
                        values.bngain().flatten(),
                        values.bnbias().flatten(),
                        values.w2(),
                        values.b2())) {
            parameters.next().setInitializer((manager, shape, type) -> value);
        }
        initialize(values.c().getManager(), DataType.FLOAT32);
    }

    private static HiddenConfig sizes(NinjaParameters values) {
        return new HiddenConfig(
                (int) values.b2().size(),
                NinjaParameters.BLOCK_SIZE,
                NinjaParameters.N_EMBD,
                (int) values.b1().size(),
                ModelType.MLP_BN);
    }

    private static List<Block> layers(HiddenConfig sizes) {
        int inputs = sizes.blockSize() * sizes.embedding();
        return List.of(
                new Embedding(sizes.vocabSize(), sizes.embedding()),
                FlattenConsecutive.all(sizes.blockSize()),
                Linear.normal(inputs, sizes.hidden(), 1, Initializer.ZEROS),
                BatchNorm.builder().optChannels(sizes.hidden()).optEps(ChunkedForward.EPS).build(),
                Activations.tanh(),
                Linear.normal(sizes.hidden(), sizes.vocabSize(), 1, Initializer.ZEROS));
    }
}
