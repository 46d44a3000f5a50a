/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.layer.Layer;
import org.djlext.makemore.layer.ParameterNames;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Reading a text character by character gives what reading all of it gives. */
class NextTest {

    private static final long[][] TEXTS = {
        {0, 3, 1, 2, 4, 4, 1}, {0, 3, 1, 2, 2, 3, 4}, {0, 1, 1, 4, 2, 3, 2}
    };

    @ParameterizedTest
    @EnumSource(ModelType.class)
    void oneCharacterFurtherIsTheWholeTextReadAnew(ModelType type) {
        try (NDManager manager = NDManager.newBaseManager();
                Autograd.Scope unrecorded = Autograd.noGrad()) {
            new TorchGenerator(5);
            LanguageModel model = type.defaults(5, 7).model(Gradients.ENGINE);
            model.initialize(manager, DataType.FLOAT64);
            for (Parameter parameter : ParameterNames.trained(model).values()) {
                NDArray values = parameter.getArray();
                values.addi(
                        manager.randomNormal(0, 0.3f, values.getShape(), DataType.FLOAT32)
                                .toType(DataType.FLOAT64, false));
            }
            ParameterStore store = new ParameterStore(manager, false);
            NDList state = new NDList();
            for (int position = 0; position < TEXTS[0].length; position++) {
                long[] column = new long[TEXTS.length];
                for (int i = 0; i < column.length; i++) {
                    column[i] = TEXTS[i][position];
                }
                NDArray x = manager.create(column);
                LanguageModel.Next next =
                        model.next(x, position, state, new Layer.Pass(store, x, false));
                state = next.state();
                state.forEach(kept -> assertEquals(TEXTS.length, kept.getShape().get(0)));
                NDArray want = whole(model, store, manager, position + 1);
                assertEquals(want.getShape(), next.logits().getShape());
                double difference = next.logits().sub(want).abs().max().getDouble();
                assertTrue(difference < 1e-9, "position " + position + ": " + difference);
                assertTrue(want.max().getDouble() - want.min().getDouble() > 0.1, "all alike");
            }
        }
    }

    private static NDArray whole(
            LanguageModel model, ParameterStore store, NDManager manager, int length) {
        int block = model.config().blockSize();
        int seen = model.everyPosition() ? length : block;
        long[] x = new long[TEXTS.length * seen];
        for (int i = 0; i < TEXTS.length; i++) {
            for (int back = 1; back <= Math.min(seen, length); back++) {
                x[(i + 1) * seen - back] = TEXTS[i][length - back];
            }
        }
        NDArray logits = model.call(store, manager.create(x, new Shape(TEXTS.length, seen)), false);
        return model.everyPosition() ? logits.get(":, -1") : logits;
    }
}
