/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture3;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.djlext.examples.lecture.Lab;
import org.djlext.makemore.data.Contexts;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.TorchGenerator;

/**
 * The vectors of a context side by side: by cutting and concatenating, or by another view of the
 * same numbers, which costs nothing. Also how an embedding is indexed, and that pairs of
 * consecutive vectors (makemore 5) are a view too.
 */
public final class Concatenation extends Lab {

    /** Creates the experiment. */
    public Concatenation() {}

    @Override
    protected void run() {
        Map<String, Boolean> facts = new LinkedHashMap<>();
        NDArray c = new TorchGenerator(seed(SEED)).randn(manager, vocabSize(), 2);
        Examples contexts =
                Contexts.of(corpus.split().train().subList(0, 5), 3, corpus.vocabulary());
        NDArray x = contexts.slice(manager, 0, contexts.size()).x(); // (N, 3)
        NDArray emb = rows(c, x); // (N, 3, 2)
        out.line("C %s, X %s, C[X] %s", c.getShape(), x.getShape(), emb.getShape());
        NDArray index = manager.create(new long[] {5, 6, 7, 7, 7});
        out.line("C[[5, 6, 7, 7, 7]] %s", rows(c, index).getShape());
        facts.put(
                "C[X][13, 2] is C[X[13, 2]]", emb.get(13, 2).equals(c.get(x.get(13, 2).getLong())));

        NDList positions = emb.split(3, 1); // three of (N, 1, 2)
        NDArray cut =
                NDArrays.concat(new NDList(emb.get(":, 0"), emb.get(":, 1"), emb.get(":, 2")), 1);
        NDArray unbound =
                NDArrays.concat(new NDList(positions.stream().map(p -> p.squeeze(1)).toList()), 1);
        NDArray view = emb.reshape(-1, 6);
        out.line(
                "cat %s, cat of unbind %s, view %s",
                cut.getShape(), unbound.getShape(), view.getShape());
        facts.put("cat is view", cut.equals(view));
        facts.put("cat of unbind is view", unbound.equals(view));

        NDArray b = manager.arange(18f);
        out.line("arange(18) viewed (2, 9), (9, 2) and (3, 3, 2); the last:");
        out.line("%s", Arrays.toString(b.reshape(3, 3, 2).toFloatArray()));
        b.reshape(3, 3, 2).set(new NDIndex("2, 2, 1"), -1);
        facts.put(
                "what is written to a view of (3, 3, 2) is in all",
                b.getFloat(17) == -1 && b.reshape(9, 2).getFloat(8, 1) == -1);
        cut.set(new NDIndex("0, 0"), 1234);
        facts.put("a concatenation is a copy", emb.getFloat(0, 0, 0) != 1234);

        NDArray e = manager.randomNormal(new Shape(4, 8, 10));
        NDArray pairs = NDArrays.concat(new NDList(e.get(":, ::2"), e.get(":, 1::2")), 2);
        facts.put(
                "cat of even and odd positions is view(4, 4, 20)",
                pairs.equals(e.reshape(4, 4, 20)));
        NDArray product =
                manager.randomNormal(new Shape(4, 5, 80))
                        .matMul(manager.randomNormal(new Shape(80, 200)))
                        .add(manager.randomNormal(new Shape(200)));
        out.line("(4, 5, 80) @ (80, 200) + (200) has shape %s", product.getShape());
        facts.forEach((fact, so) -> out.line("%-48s %s", fact, so));
    }

    private static NDArray rows(NDArray c, NDArray indices) {
        return indices.getNDArrayInternal()
                .embedding(indices, c, SparseFormat.DENSE)
                .singletonOrThrow();
    }
}
