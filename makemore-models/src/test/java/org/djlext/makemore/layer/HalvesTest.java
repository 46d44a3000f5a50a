/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.util.List;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.torch.ops.InPlace;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Layers and models of float16 numbers, held against float64 and known values. */
class HalvesTest {

    private static final Tolerance ROUNDED = new Tolerance(2e-3, 2e-3);

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
        Engine.getInstance().setRandomSeed(12);
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private NDArray halves(double mean, double deviation, long... shape) {
        return manager.randomNormal(
                        (float) mean, (float) deviation, new Shape(shape), DataType.FLOAT32)
                .toType(DataType.FLOAT16, false);
    }

    private static NDArray wide(NDArray array) {
        return array.toType(DataType.FLOAT64, true);
    }

    private static void assertClose(NDArray got, NDArray want) {
        assertEquals(DataType.FLOAT16, got.getDataType());
        GradientTable table = new GradientTable(ROUNDED);
        table.compare("y", wide(got), want);
        table.assertApproximate();
    }

    @ParameterizedTest
    @EnumSource(
            value = Gradients.class,
            names = {"ENGINE", "MANUAL"})
    void normalizationHasDeviationOne(Gradients gradients) {
        ParameterStore store = new ParameterStore(manager, false);
        for (BatchNorm1d.Settings settings :
                new BatchNorm1d.Settings[] {
                    BatchNorm1d.Settings.MODULE, BatchNorm1d.Settings.FIRST
                }) {
            for (double[] scale : new double[][] {{0, 400}, {1000, 1}}) {
                NDArray x = halves(scale[0], scale[1], 500, 6);
                NDArray centered = wide(x).sub(wide(x).mean(new int[] {0}, true));
                NDArray var = centered.square().sum(new int[] {0}, true).div(499);
                NDArray want = centered.div(var.add(settings.eps()).sqrt());
                BatchNorm1d norm = new BatchNorm1d(gradients, 6, settings);
                norm.initialize(manager, DataType.FLOAT16, x.getShape());
                assertClose(norm.call(store, x, true), want);
                norm.calibrate(wide(x).mean(new int[] {0}), var.squeeze(0));
                assertClose(norm.call(store, x, false), want);

                LayerNorm layer = new LayerNorm(gradients, 500);
                layer.initialize(manager, DataType.FLOAT16, new Shape(6, 500));
                NDArray biased = var.mul(499.0 / 500).add(1e-5).sqrt();
                assertClose(
                        layer.call(store, x.transpose(), true), centered.div(biased).transpose());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Gradients.class,
            names = {"ENGINE", "MANUAL"})
    void lossAndAttention(Gradients gradients) {
        Operations operations = gradients.operations();
        for (int[] size : new int[][] {{20_000, 27}, {70_000, 4}}) {
            NDArray logits = manager.zeros(new Shape(size[0], size[1]), DataType.FLOAT16);
            NDArray labels = manager.zeros(new Shape(size[0]), DataType.INT64);
            NDArray loss = operations.crossEntropy(logits, labels);
            assertEquals(Math.log(size[1]), wide(loss).getDouble(), 1e-3);
        }
        for (int value : new int[] {40, 400}) {
            NDArray q = manager.full(new Shape(2, 3, 4, 64), value, DataType.FLOAT16);
            NDArray v = halves(0, 1, 2, 3, 4, 64);
            NDArray counts =
                    manager.create(new double[] {1, 2, 3, 4}, new Shape(1, 1, 4, 1)); // so far
            assertClose(operations.causalAttention(q, q, v), wide(v).cumSum(2).div(counts));
        }
    }

    @ParameterizedTest
    @EnumSource(ModelType.class)
    void modelsAreCloseToFloat64(ModelType type) {
        ModelConfig config = type.defaults(5, 7);
        ParameterStore store = new ParameterStore(manager, false);
        NDArray x =
                manager.arange(0, 30 * config.blockSize(), 1, DataType.INT64)
                        .mul(7)
                        .mod(5)
                        .reshape(30, config.blockSize());
        for (Gradients gradients : new Gradients[] {Gradients.ENGINE, Gradients.MANUAL}) {
            LanguageModel half = config.model(gradients);
            half.initialize(manager, DataType.FLOAT16);
            LanguageModel exact = config.model(Gradients.ENGINE);
            exact.initialize(manager, DataType.FLOAT64);
            List<Parameter> from = List.copyOf(ParameterNames.of(half).values());
            int next = 0;
            for (Parameter parameter : ParameterNames.of(exact).values()) {
                InPlace.copy(parameter.getArray(), from.get(next++).getArray());
            }
            for (boolean training : new boolean[] {true, false}) {
                NDArray got = half.call(store, x, training);
                NDArray want = exact.call(store, x, training);
                GradientTable table = new GradientTable(new Tolerance(2e-2, 2e-2));
                assertEquals(DataType.FLOAT16, got.getDataType());
                table.compare(gradients + " logits", wide(got), want);
                NDArray y = x.get(config.blockSize() > 1 && half.everyPosition() ? ":" : ":, 0");
                table.compare(gradients + " loss", wide(half.loss(got, y)), exact.loss(want, y));
                table.assertApproximate();
            }
        }
    }
}
