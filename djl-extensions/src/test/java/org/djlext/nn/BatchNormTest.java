/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.NormalInitializer;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import java.io.IOException;
import java.nio.file.Path;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The hand-written batch norm against PyTorch, the engine, finite differences and DJL's own. */
class BatchNormTest extends ArrayTest {

    @Test
    void biasedBlockIsDjlsBatchNorm() {
        BatchNorm manual = BatchNorm.builder().optCorrection(0).optMomentum(0.1).build();
        ai.djl.nn.norm.BatchNorm djl =
                ai.djl.nn.norm.BatchNorm.builder().optAxis(1).optMomentum(0.9f).build();
        ParameterStore store = new ParameterStore(manager, false);
        NDArray x = manager.randomNormal(1, 2, new Shape(16, 5), DataType.FLOAT32);
        for (Block block : new Block[] {manual, djl}) {
            block.initialize(manager, DataType.FLOAT32, x.getShape());
        }
        for (int i = 0; i < 3; i++) {
            NDArray a = manual.forward(store, new NDList(x), true).singletonOrThrow();
            NDArray b = djl.forward(store, new NDList(x), true).singletonOrThrow();
            assertArrayEquals(b.toFloatArray(), a.toFloatArray(), 1e-5f);
            x = x.mul(1.5f).add(0.3f);
        }
        for (int i = 0; i < 4; i++) {
            assertArrayEquals(
                    djl.getParameters().valueAt(i).getArray().toFloatArray(),
                    manual.getParameters().valueAt(i).getArray().toFloatArray(),
                    1e-4f,
                    manual.getParameters().keyAt(i));
        }
        NDArray a = manual.forward(store, new NDList(x), false).singletonOrThrow();
        NDArray b = djl.forward(store, new NDList(x), false).singletonOrThrow();
        assertArrayEquals(b.toFloatArray(), a.toFloatArray(), 1e-4f);
    }

    @Test
    void evaluationDoesNotLookAtTheBatch() {
        BatchNorm block = BatchNorm.builder().build();
        ParameterStore store = new ParameterStore(manager, false);
        NDArray x = manager.randomNormal(1, 2, new Shape(4, 3, 5), DataType.FLOAT32);
        block.initialize(manager, DataType.FLOAT32, x.getShape());
        block.forward(store, new NDList(x), true);
        NDArray all = block.forward(store, new NDList(x), false).singletonOrThrow();
        NDArray one = block.forward(store, new NDList(x.get("1:2")), false).singletonOrThrow();
        assertEquals(all.get("1:2"), one);
    }

    @Test
    void savesLoadsAndPredicts(@TempDir Path dir)
            throws IOException, MalformedModelException, TranslateException {
        NDArray x = manager.randomNormal(1, 2, new Shape(6, 5), DataType.FLOAT32);
        NDArray want;
        try (Model model = Model.newInstance("bn")) {
            BatchNorm block = BatchNorm.builder().optCorrection(0).build();
            block.setInitializer(new NormalInitializer(1f), p -> true);
            block.initialize(model.getNDManager(), DataType.FLOAT32, x.getShape());
            ParameterStore store = new ParameterStore(manager, false);
            block.forward(store, new NDList(x), true);
            want = block.forward(store, new NDList(x), false).singletonOrThrow();
            model.setBlock(block);
            model.save(dir, "bn");
        }
        try (Model model = Model.newInstance("bn")) {
            model.setBlock(BatchNorm.builder().optCorrection(0).build());
            model.load(dir);
            try (Predictor<NDList, NDList> predictor = model.newPredictor(new NoopTranslator())) {
                NDArray got = predictor.predict(new NDList(x)).singletonOrThrow();
                assertArrayEquals(want.toFloatArray(), got.toFloatArray());
            }
        }
        try (Model model = Model.newInstance("bn")) {
            model.setBlock(BatchNorm.builder().optCorrection(1).build());
            assertFailsSaying(
                    MalformedModelException.class,
                    () -> model.load(dir),
                    "saved one is BatchNorm with eps 1.0E-5, correction 0,");
        }
    }

    @Test
    void badInputAndOptions() {
        NDArray one = manager.ones(new Shape(1, 5));
        NDArray gamma = manager.ones(new Shape(5));
        assertRefused(
                "batch normalization with correction 1 needs at least 2 values a channel, but x of"
                        + " shape (1, 5) has 1; use a larger batch, or evaluation mode",
                () -> new BatchNormFunction(1e-5, 1).apply(one, gamma, gamma));
        // As PyTorch, whatever the correction.
        assertThrows(
                IllegalArgumentException.class,
                () -> new BatchNormFunction(1e-5, 0).apply(one, gamma, gamma));
        BatchNorm.Builder builder = BatchNorm.builder();
        assertThrows(IllegalArgumentException.class, () -> builder.optEps(-1));
        assertThrows(IllegalArgumentException.class, () -> builder.optMomentum(Float.NaN));
        assertThrows(IllegalArgumentException.class, () -> builder.optCorrection(2));
        assertThrows(
                IllegalArgumentException.class,
                () -> builder.build().initialize(manager, DataType.FLOAT32, new Shape(5)));
    }
}
