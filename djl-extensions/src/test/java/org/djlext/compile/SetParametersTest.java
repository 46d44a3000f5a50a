/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import org.djlext.nn.FunctionBlock;
import org.djlext.optim.TorchOptimizer;
import org.djlext.optim.TorchSgd;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** NDArray.set and copyTo give an array other memory, which the next step is to see. */
class SetParametersTest {

    /** w x, or two cumulative sums of it, which the engine differentiates. */
    private static Block block(Parameter w, boolean recorded) {
        return FunctionBlock.builder("scale")
                .addParameter(w, in -> new Shape(2))
                .setComputation(
                        (in, training) -> {
                            NDArray y = in.get(0).mul(in.get(1));
                            return new NDList(recorded ? y.cumSum(0).cumSum(0) : y);
                        })
                .build();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void parametersThatAreSetBetweenStepsAreSeen(boolean recorded) {
        try (NDManager manager = NDManager.newBaseManager();
                TorchOptimizer sgd = TorchSgd.builder().build()) {
            Parameter w = Parameter.builder().setName("w").setType(Parameter.Type.WEIGHT).build();
            w.setArray(manager.create(new float[] {1, 2}));
            try (CompiledStep step =
                    CompiledStep.builder(block(w, recorded), Small.sum())
                            .setOptimizer(sgd)
                            .build()) {
                NDList data = new NDList(manager.ones(new Shape(1, 2)));
                NDList labels = new NDList(manager.ones(new Shape(1, 1)));
                // The sum of (a, 2 a + b) is 3 a + b.
                assertEquals(recorded ? 5 : 3, step.run(data, labels, new double[] {0})[0], 1e-6);
                w.getArray().set(new float[] {10, 20});
                assertEquals(recorded ? 50 : 30, step.run(data, labels, new double[] {1})[0], 1e-6);
                assertArrayEquals(
                        recorded ? new float[] {7, 19} : new float[] {9, 19},
                        w.getArray().toFloatArray());
            }
        }
    }
}
