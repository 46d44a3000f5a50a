/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.ninja;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Parameter;
import java.util.ArrayList;
import java.util.List;
import org.djlext.nn.BatchNormFunction;
import org.djlext.nn.EmbeddingFunction;
import org.djlext.nn.Layer;
import org.djlext.nn.LinearFunction;
import org.djlext.nn.TanhFunction;

/**
 * The network of the exercises as a Block over {@link NinjaParameters}, which it shares. Batch norm
 * keeps no running statistics in these exercises.
 *
 * <p>Input: characters, (n, 3) and INT64. Output: logits, (n, V).
 */
public final class NinjaNetwork extends Layer {

    private final List<Parameter> all = new ArrayList<>();

    /**
     * Makes the network.
     *
     * @param values the values, which training changes in place
     */
    public NinjaNetwork(NinjaParameters values) {
        for (int i = 0; i < NinjaParameters.NAMES.size(); i++) {
            Parameter parameter =
                    Parameter.builder()
                            .setName(NinjaParameters.NAMES.get(i))
                            .setType(Parameter.Type.OTHER)
                            .build();
            parameter.setArray(values.list().get(i));
            all.add(addParameter(parameter));
        }
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        List<NDArray> p = all.stream().map(pass::value).toList();
        NDArray emb = new EmbeddingFunction().apply(x, p.get(0)); // (n, 3, 10)
        NDArray embcat = emb.reshape(x.getShape().get(0), -1); // (n, 30)
        NDArray hprebn = new LinearFunction().apply(embcat, p.get(1), p.get(2));
        NDArray hpreact =
                new BatchNormFunction(ChunkedForward.EPS, 1)
                        .apply(new NDList(hprebn, p.get(5), p.get(6)))
                        .get(0);
        NDArray h = new TanhFunction().apply(hpreact); // (n, nHidden)
        return new LinearFunction().apply(h, p.get(3), p.get(4)); // (n, V)
    }
}
