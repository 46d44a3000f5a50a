/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.util.List;
import org.djlext.autograd.Autograd;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.makemore.train.Gradients;
import org.djlext.nn.ParameterNames;
import org.djlext.testing.ArrayTest;
import org.djlext.torch.ops.InPlace;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Models of float16 numbers beside the same in float64. */
class HalvesTest extends ArrayTest {

    private static NDArray wide(NDArray array) {
        return array.toType(DataType.FLOAT64, true);
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
