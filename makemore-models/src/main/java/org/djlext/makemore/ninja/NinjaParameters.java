/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.ninja;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.List;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.data.TorchGenerator;

/**
 * The parameters of the MLP: an embedding, a hidden layer with batch norm and tanh, an output
 * layer.
 *
 * @param c the embedding C, (vocabSize, nEmbd)
 * @param w1 (blockSize nEmbd, nHidden)
 * @param b1 (nHidden); of no use before batch norm, kept on purpose
 * @param w2 (nHidden, vocabSize)
 * @param b2 (vocabSize)
 * @param bngain (1, nHidden)
 * @param bnbias (1, nHidden)
 */
public record NinjaParameters(
        NDArray c, NDArray w1, NDArray b1, NDArray w2, NDArray b2, NDArray bngain, NDArray bnbias) {

    static {
        // The engine's gradient is DJL's collector's, of an expression with numbers.
        Autograd.holdBuffers();
    }

    /** How many characters the model sees. */
    public static final int BLOCK_SIZE = 3;

    /** How many numbers stand for a character. */
    public static final int N_EMBD = 10;

    /** The lecture's names, in the order of {@link #list()}. */
    public static final List<String> NAMES =
            List.of("C", "W1", "b1", "W2", "b2", "bngain", "bnbias");

    /**
     * Draws the lecture's initial parameters. Biases and gains are small random numbers instead of
     * zeros and ones, which could hide a wrong gradient.
     *
     * <p>The notebook draws bngain and bnbias from another, unseeded generator. Here they come from
     * the same one, right after b2, so that every run is the same.
     *
     * @param manager the manager of the parameters
     * @param generator the generator
     * @param vocabSize the number of characters
     * @param nHidden the number of hidden units
     * @return the parameters
     */
    public static NinjaParameters draw(
            NDManager manager, TorchGenerator generator, int vocabSize, int nHidden) {
        int fanIn = N_EMBD * BLOCK_SIZE;
        NDArray c = generator.randn(manager, vocabSize, N_EMBD);
        // Kaiming init: gain 5/3 of tanh over the root of the fan-in.
        NDArray w1 = generator.randn(manager, fanIn, nHidden).muli(5.0 / 3).divi(Math.sqrt(fanIn));
        NDArray b1 = generator.randn(manager, nHidden).muli(0.1);
        NDArray w2 = generator.randn(manager, nHidden, vocabSize).muli(0.1);
        NDArray b2 = generator.randn(manager, vocabSize).muli(0.1);
        NDArray bngain = generator.randn(manager, 1, nHidden).muli(0.1).addi(1.0);
        NDArray bnbias = generator.randn(manager, 1, nHidden).muli(0.1);
        return new NinjaParameters(c, w1, b1, w2, b2, bngain, bnbias);
    }

    /** {@return all parameters themselves, in the order of {@link #NAMES}} */
    public NDList list() {
        return new NDList(c, w1, b1, w2, b2, bngain, bnbias);
    }

    /** {@return how many numbers there are in all: 4,137 with 64 hidden units, 12,297 with 200} */
    public long count() {
        return list().stream().mapToLong(NDArray::size).sum();
    }
}
