/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.util.Map;
import org.djlext.autograd.Autograd;
import org.djlext.nn.BatchNorm;
import org.djlext.nn.Cache;
import org.djlext.nn.ParameterNames;
import org.djlext.torch.RandomState;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Reading texts piece by piece, with a cache, gives what reading all of them at once gives. */
class CachedModelsTest {

    private static final long[][] TEXTS = {
        {0, 3, 1, 2, 4, 4, 1}, {0, 3, 1, 2, 2, 3, 4}, {0, 1, 1, 4, 2, 3, 2}
    };
    private static final long[][] LONG_TEXTS = {
        {0, 3, 1, 2, 4, 4, 1, 2, 2, 1, 3, 4, 1, 1, 2, 3, 4, 4, 2},
        {0, 1, 1, 4, 2, 3, 2, 4, 1, 3, 3, 2, 1, 4, 4, 2, 1, 3, 1}
    };

    @ParameterizedTest
    @EnumSource(ModelType.class)
    void piecesAreTheWholeTextReadAnew(ModelType type) {
        ModelConfig config = type.defaults(5, 7);
        compare(config, TEXTS, 1, 1, 1, 1, 1, 1, 1);
        compare(config, TEXTS, 3, 1, 2, 1);
        compare(config, TEXTS, 7);
    }

    /** Texts that are longer than what the tree sees. */
    @ParameterizedTest
    @CsvSource({"8, 3", "4, 2", "1, 1"})
    void treesReadTextsOfAnyLength(int blockSize, int layers) {
        for (BatchNorm.Axes axes : BatchNorm.Axes.values()) {
            ModelConfig config =
                    ModelType.WAVENET
                            .defaults(5, 7)
                            .with(Map.of("blockSize", blockSize, "layers", layers, "axes", axes));
            compare(config, LONG_TEXTS, 1, 1, 3, 1, 9, 4);
        }
    }

    /** After each piece the texts trade places, so the last one must be found in its new place. */
    private static void compare(ModelConfig config, long[][] texts, int... pieces) {
        try (NDManager manager = NDManager.newBaseManager();
                Cache cache = new Cache(manager);
                Autograd.Scope unrecorded = Autograd.noGrad()) {
            LanguageModel model = random(config, manager);
            ParameterStore store = new ParameterStore(manager, false);
            long[][] rows = texts.clone();
            int read = 0;
            for (int piece : pieces) {
                long[] x = new long[rows.length * piece];
                for (int i = 0; i < rows.length; i++) {
                    System.arraycopy(rows[i], read, x, i * piece, piece);
                }
                read += piece;
                NDArray got =
                        model.call(store, manager.create(x, new Shape(rows.length, piece)), cache);
                assertEquals(read, cache.length());
                NDArray want = whole(model, store, manager, rows, read);
                if (model.everyPosition()) {
                    want = want.get(":, -" + piece + ":");
                }
                assertEquals(want.getShape(), got.getShape());
                double difference = got.sub(want).abs().max().getDouble();
                assertTrue(difference < 1e-9, "after " + read + ": " + difference);
                assertTrue(want.max().getDouble() - want.min().getDouble() > 0.1, "all alike");
                cache.select(manager.create(new long[] {1, 0}));
                rows = new long[][] {rows[1], rows[0]};
            }
        }
    }

    private static LanguageModel random(ModelConfig config, NDManager manager) {
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
        return model;
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
        return model.call(store, manager.create(x, new Shape(texts.length, seen)), false);
    }
}
