/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.djlext.testing.Failures.assertFails;
import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.initializer.NormalInitializer;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import java.io.IOException;
import java.nio.file.Path;
import org.djlext.optim.TorchAdamW;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Functions as Blocks: parameters, shapes, training, saving, loading, predicting. */
class FunctionBlockTest extends ArrayTest {

    /** Embedding of two characters to logits, with every block that keeps an order of axes. */
    private static SequentialBlock network() {
        return new SequentialBlock()
                .add(new Embedding(5, 4))
                .add(Linear.builder().setUnits(7).build())
                .add(new LayerNorm(7))
                .add(Activations.gelu())
                .add(new Dropout(0.1))
                .add(Linear.builder().setUnits(6).optBiases(null).build())
                .add(Activations.tanh())
                .add(Linear.builder().setUnits(6).build())
                .add(Activations.relu())
                .add(Linear.builder().setUnits(5).build());
    }

    @Test
    void shapesAndParametersFollowFromTheInput() {
        SequentialBlock block = network();
        assertArrayEquals(
                new Shape[] {new Shape(3, 2, 5)},
                block.getOutputShapes(new Shape[] {new Shape(3, 2)}));
        block.initialize(manager, DataType.FLOAT32, new Shape(3, 2));
        assertEquals(
                "[(5, 4), (4, 7), (7), (7), (7), (7, 6), (6, 6), (6), (6, 5), (5)]",
                block.getParameters().values().stream()
                        .map(Parameter::getShape)
                        .toList()
                        .toString());
        assertEquals("Linear", block.getChildren().valueAt(1).toString());
    }

    @Test
    void firstValuesAreThoseOfDjlsLinear() {
        Linear manual = Linear.builder().setUnits(400).build();
        Block djl = ai.djl.nn.core.Linear.builder().setUnits(400).build();
        for (Block block : new Block[] {manual, djl}) {
            block.initialize(manager, DataType.FLOAT32, new Shape(1, 100));
            NDArray w = block.getParameters().valueAt(0).getArray();
            // 40,000 draws of variance 2 / in
            assertEquals(0.02, w.square().mean().getFloat(), 0.001);
            assertEquals(0, block.getParameters().valueAt(1).getArray().abs().sum().getFloat());
        }
        NDArray x = manager.randomNormal(new Shape(3, 100));
        NDArray w = manual.getParameters().valueAt(0).getArray();
        NDArray transposed = djl.getParameters().valueAt(0).getArray().stopGradient();
        transposed.muli(0).addi(w.stopGradient().transpose());
        ParameterStore store = new ParameterStore(manager, false);
        assertArrayEquals(
                djl.forward(store, new NDList(x), false).singletonOrThrow().toFloatArray(),
                manual.forward(store, new NDList(x), false).singletonOrThrow().toFloatArray(),
                1e-4f);
    }

    @Test
    void dropoutDropsInTrainingAlone() {
        Dropout block = new Dropout(0.5);
        ParameterStore store = new ParameterStore(manager, false);
        NDArray x = manager.ones(new Shape(100));
        assertEquals(x, block.forward(store, new NDList(x), false).singletonOrThrow());
        NDArray y = block.forward(store, new NDList(x), true).singletonOrThrow();
        assertEquals(0, y.min().getFloat());
        assertEquals(2, y.max().getFloat());
    }

    @Test
    void attentionTakesThreeInputs() {
        FunctionBlock block =
                FunctionBlock.builder("CausalAttention")
                        .setFunction(new CausalAttentionFunction())
                        .optOutputShapes(in -> new Shape[] {in[2]})
                        .build();
        Shape q = new Shape(2, 4, 3);
        Shape v = new Shape(2, 4, 5);
        assertArrayEquals(new Shape[] {v}, block.getOutputShapes(new Shape[] {q, q, v}));
        NDList inputs =
                new NDList(
                        manager.randomNormal(q), manager.randomNormal(q), manager.randomNormal(v));
        NDArray y =
                block.forward(new ParameterStore(manager, false), inputs, false).singletonOrThrow();
        assertEquals(new CausalAttentionFunction().apply(inputs).get(0), y);
    }

    @Test
    void trainsSavesLoadsAndPredicts(@TempDir Path dir)
            throws IOException, TranslateException, MalformedModelException {
        // The second of two characters is to be told from the first: (a + 2) mod 5.
        NDArray x = manager.arange(0, 60, 1, DataType.INT64).mod(5).reshape(30, 2);
        NDArray y = x.add(2).mod(5);
        NDArray want;
        try (Model model = Model.newInstance("next");
                TorchAdamW adamW = TorchAdamW.builder().optLearningRate(0.02).build()) {
            model.setBlock(network());
            CrossEntropyLoss loss =
                    new CrossEntropyLoss(
                            "loss", new CrossEntropyFunction(Reduction.MEAN, null, 0.05));
            DefaultTrainingConfig config = new DefaultTrainingConfig(loss).optOptimizer(adamW);
            ArrayDataset data =
                    new ArrayDataset.Builder()
                            .setData(x)
                            .optLabels(y)
                            .setSampling(10, true)
                            .build();
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.initialize(new Shape(10, 2));
                EasyTrain.fit(trainer, 60, data, null);
            }
            want = predict(model, x);
            want.attach(manager);
            assertEquals(y, want.argMax(2));
            model.save(dir, "next");
        }
        try (Model model = Model.newInstance("next")) {
            model.setBlock(network());
            model.load(dir);
            assertArrayEquals(want.toFloatArray(), predict(model, x).toFloatArray());
        }
    }

    private static NDArray predict(Model model, NDArray x) throws TranslateException {
        try (Predictor<NDList, NDList> predictor = model.newPredictor(new NoopTranslator())) {
            return predictor.predict(new NDList(x)).singletonOrThrow().duplicate();
        }
    }

    @Test
    void blockOfOnesOwn() {
        FunctionBlock block =
                FunctionBlock.builder("power")
                        .addParameter(
                                Parameter.builder()
                                        .setName("exponent")
                                        .setType(Parameter.Type.OTHER)
                                        .optInitializer(new NormalInitializer(0))
                                        .build(),
                                inputs -> new Shape(inputs[0].getLastDimension()))
                        .setComputation(
                                (arrays, training) -> new NDList(arrays.get(0).pow(arrays.get(1))))
                        .build();
        block.initialize(manager, DataType.FLOAT32, new Shape(2, 3));
        NDArray y =
                block.forward(
                                new ParameterStore(manager, false),
                                new NDList(manager.full(new Shape(2, 3), 5f)),
                                true)
                        .singletonOrThrow();
        assertEquals(manager.ones(new Shape(2, 3)), y);
        assertFails(
                IllegalStateException.class,
                "the block \"b\" needs what it computes; call setFunction or setComputation",
                () -> FunctionBlock.builder("b").build());
        assertRefused(
                "an embedding's rows must be at least 1, but got 0", () -> new Embedding(0, 3));
    }
}
