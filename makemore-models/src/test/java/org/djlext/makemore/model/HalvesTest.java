/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.util.List;
import org.djlext.autograd.Autograd;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.makemore.train.Gradients;
import org.djlext.nn.BatchNorm;
import org.djlext.nn.CausalAttentionFunction;
import org.djlext.nn.CrossEntropyFunction;
import org.djlext.nn.LayerNorm;
import org.djlext.nn.ParameterNames;
import org.djlext.nn.Reduction;
import org.djlext.testing.ArrayTest;
import org.djlext.torch.ops.InPlace;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Layers and models of float16 numbers, held against float64 and known values. */
class HalvesTest extends ArrayTest {

    private static final Tolerance ROUNDED = new Tolerance(2e-3, 2e-3);

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
        for (double eps : new double[] {1e-5, 0}) {
            for (double[] scale : new double[][] {{0, 400}, {1000, 1}}) {
                NDArray x = halves(scale[0], scale[1], 500, 6);
                NDArray centered = wide(x).sub(wide(x).mean(new int[] {0}, true));
                NDArray var = centered.square().sum(new int[] {0}, true).div(499);
                NDArray want = centered.div(var.add(eps).sqrt());
                BatchNorm norm = BatchNorm.builder().optEps(eps).build();
                norm.initialize(manager, DataType.FLOAT16, x.getShape());
                try (Autograd.Scope way = gradients.scope()) {
                    assertClose(norm.call(store, x, true), want);
                }
                norm.calibrate(wide(x).mean(new int[] {0}), var.squeeze(0));
                assertClose(norm.call(store, x, false), want);

                LayerNorm layer = new LayerNorm(500);
                layer.initialize(manager, DataType.FLOAT16, new Shape(6, 500));
                NDArray biased = var.mul(499.0 / 500).add(1e-5).sqrt();
                try (Autograd.Scope way = gradients.scope()) {
                    assertClose(
                            layer.call(store, x.transpose(), true),
                            centered.div(biased).transpose());
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Gradients.class,
            names = {"ENGINE", "MANUAL"})
    void lossAndAttention(Gradients gradients) {
        try (Autograd.Scope way = gradients.scope()) {
            lossAndAttention();
        }
    }

    private void lossAndAttention() {
        for (int[] size : new int[][] {{20_000, 27}, {70_000, 4}}) {
            NDArray logits = manager.zeros(new Shape(size[0], size[1]), DataType.FLOAT16);
            NDArray labels = manager.zeros(new Shape(size[0]), DataType.INT64);
            NDArray loss = new CrossEntropyFunction(Reduction.MEAN, null).apply(logits, labels);
            assertEquals(Math.log(size[1]), wide(loss).getDouble(), 1e-3);
        }
        for (int value : new int[] {40, 400}) {
            NDArray q = manager.full(new Shape(2, 3, 4, 64), value, DataType.FLOAT16);
            NDArray v = halves(0, 1, 2, 3, 4, 64);
            NDArray counts =
                    manager.create(new double[] {1, 2, 3, 4}, new Shape(1, 1, 4, 1)); // so far
            assertClose(
                    new CausalAttentionFunction().apply(q, q, v), wide(v).cumSum(2).div(counts));
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
            LanguageModel half = config.model();
            half.initialize(manager, DataType.FLOAT16);
            LanguageModel exact = config.model();
            exact.initialize(manager, DataType.FLOAT64);
            List<Parameter> from = List.copyOf(ParameterNames.of(half).values());
            int next = 0;
            for (Parameter parameter : ParameterNames.of(exact).values()) {
                InPlace.copy(parameter.getArray(), from.get(next++).getArray());
            }
            for (boolean training : new boolean[] {true, false}) {
                NDArray got;
                try (Autograd.Scope way = gradients.scope()) {
                    got = half.call(store, x, training);
                }
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
