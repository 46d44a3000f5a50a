/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import java.util.List;
import org.djlext.nn.Activations;
import org.djlext.nn.Embedding;
import org.djlext.nn.Linear;
import org.djlext.nn.Sequential;

/**
 * The makemore program's MLP: at every position the vectors of the block size's last characters
 * side by side, the nearest first, then a hidden layer with tanh and a linear layer. Before the
 * start of a name there is a blank with a vector of its own.
 *
 * @see <a href="https://www.jmlr.org/papers/v3/bengio03a.html">Bengio et al., 2003</a>
 */
public final class MakemoreMlp extends LanguageModel {

    private final Embedding wte;
    private final Sequential mlp;

    MakemoreMlp(HiddenConfig config) {
        super(config);
        wte = addChildBlock("wte", new Embedding(config.vocabSize() + 1, config.embedding()));
        mlp =
                addChildBlock(
                        "mlp",
                        new Sequential(
                                List.of(
                                        Linear.pyTorch(
                                                (long) config.blockSize() * config.embedding(),
                                                config.hidden(),
                                                true),
                                        Activations.tanh(),
                                        Linear.pyTorch(
                                                config.hidden(), config.vocabSize(), true))));
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        long batch = x.getShape().get(0);
        long positions = x.getShape().get(1);
        int block = config().blockSize();
        NDArray padded = withBefore(x, pass, config().vocabSize()); // (B, block + T)
        NDList windows = new NDList(block);
        for (int back = 0; back < block; back++) {
            windows.add(slice(padded, block - back, block - back + positions));
        }
        NDArray vectors = pass.run(wte, NDArrays.stack(windows, 2)); // (B, T, block, C)
        return pass.run(mlp, vectors.reshape(batch, positions, -1)); // (B, T, V)
    }

    private static NDArray slice(NDArray rows, long from, long to) {
        return rows.get(new NDIndex().addAllDim().addSliceDim(from, to));
    }
}
