/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.nn.SequentialBlock;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Names as PyTorch's {@code Sequential} gives them: the index of a module, from 0. */
class ParameterNamesTest {

    @Test
    void childrenBeyondTheNinetyNinthKeepTheirNames() {
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i < 1001; i++) {
            layers.add(new LayerNorm(3));
        }
        Sequential all = new Sequential(layers);
        assertEquals(
                IntStream.range(0, 1001)
                        .boxed()
                        .flatMap(i -> Stream.of(i + ".weight", i + ".bias"))
                        .toList(),
                List.copyOf(ParameterNames.of(all).keySet()));
        SequentialBlock outer = new SequentialBlock();
        for (int i = 0; i < 100; i++) {
            outer.add(i == 99 ? all : Activations.tanh());
        }
        String first = ParameterNames.of(outer).keySet().iterator().next();
        assertEquals("Sequential.0.weight", first);
    }
}
