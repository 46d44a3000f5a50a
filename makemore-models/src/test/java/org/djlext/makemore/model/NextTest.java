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
import org.djlext.makemore.data.Texts;
import org.djlext.nn.BatchNorm;
import org.djlext.nn.Layer;
import org.djlext.nn.ParameterNames;
import org.djlext.torch.RandomState;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Reading a text character by character gives what reading all of it gives. */
class NextTest {

    private static final long[][] TEXTS = {
        {0, 3, 1, 2, 4, 4, 1}, {0, 3, 1, 2, 2, 3, 4}, {0, 1, 1, 4, 2, 3, 2}
    };
    private static final long[][] LONG_TEXTS = {
        {0, 3, 1, 2, 4, 4, 1, 2, 2, 1, 3, 4, 1, 1, 2, 3, 4, 4, 2},
        {0, 1, 1, 4, 2, 3, 2, 4, 1, 3, 3, 2, 1, 4, 4, 2, 1, 3, 1}
    };

    @ParameterizedTest
    @EnumSource(ModelType.class)
    void oneCharacterFurtherIsTheWholeTextReadAnew(ModelType type) {
        compare(type.defaults(5, 7), TEXTS);
    }

    /** Texts that are longer than what the tree sees, with and without kept nodes in a level. */
    @ParameterizedTest
    @CsvSource({"8, 3", "12, 2", "4, 2", "6, 1", "1, 1"})
    void treesOfOtherShapesAreReadOnToo(int blockSize, int layers) {
        for (BatchNorm.Axes axes : BatchNorm.Axes.values()) {
            ModelConfig config =
                    ModelType.WAVENET.defaults(5, 7).toBuilder()
                            .blockSize(blockSize)
                            .layers(layers)
                            .axes(axes)
                            .build();
            compare(config, LONG_TEXTS);
        }
    }

    private static void compare(ModelConfig config, long[][] texts) {
        try (NDManager manager = NDManager.newBaseManager();
                Autograd.Scope unrecorded = Autograd.noGrad()) {
            RandomState.seed(5);
            LanguageModel model = config.model();
            model.initialize(manager, DataType.FLOAT64);
            // The statistics of batch norm too; deviations and variances stay positive.
            for (Parameter parameter : ParameterNames.of(model).values()) {
                NDArray values = parameter.getArray();
                NDArray noise =
                        manager.randomNormal(0, 0.3f, values.getShape(), DataType.FLOAT32)
                                .toType(DataType.FLOAT64, false);
                values.addi(parameter.requiresGradient() ? noise : noise.abs());
            }
            ParameterStore store = new ParameterStore(manager, false);
            NDList state = new NDList();
            for (int position = 0; position < texts[0].length; position++) {
                long[] column = new long[texts.length];
                for (int i = 0; i < column.length; i++) {
                    column[i] = texts[i][position];
                }
                NDArray x = manager.create(column);
                LanguageModel.Next next =
                        model.next(x, position, state, new Layer.Pass(store, x, false));
                state = next.state();
                state.forEach(kept -> assertEquals(texts.length, kept.getShape().get(0)));
                NDArray want = whole(model, store, manager, texts, position + 1);
                assertEquals(want.getShape(), next.logits().getShape());
                double difference = next.logits().sub(want).abs().max().getDouble();
                assertTrue(difference < 1e-9, "position " + position + ": " + difference);
                assertTrue(want.max().getDouble() - want.min().getDouble() > 0.1, "all alike");
            }
        }
    }

    private static NDArray whole(
            LanguageModel model,
            ParameterStore store,
            NDManager manager,
            long[][] texts,
            int length) {
        int block = model.config().blockSize();
        int seen = model.everyPosition() ? length : block;
        long[] x = new long[texts.length * seen];
        for (int i = 0; i < texts.length; i++) {
            for (int back = 1; back <= Math.min(seen, length); back++) {
                x[(i + 1) * seen - back] = texts[i][length - back];
            }
        }
        NDArray logits = model.call(store, manager.create(x, new Shape(texts.length, seen)), false);
        return model.everyPosition() ? logits.get(":, -1") : logits;
    }
}
