/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.NormalInitializer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.djlext.compile.Small;
import org.djlext.compile.Twins;
import org.djlext.testing.Gradients;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every operation of the package three ways: the engine's gradients of the plain expression, the
 * rule in the engine's graph, and both compiled.
 */
class CompiledOpsTest {

    private static final double TOLERANCE = 1e-9;
    private static final String ATTENTION = "scaled_dot_product_attention";
    private static final Map<String, String> KERNELS =
            Map.of(
                    "tanh", "tanh_backward",
                    "relu", "threshold_backward",
                    "gelu", "torch.gelu",
                    "layerNorm", "native_layer_norm",
                    "batchNorm", "native_batch_norm",
                    "causalAttention", ATTENTION,
                    "lastQueries", ATTENTION,
                    "crossEntropy", "nll_loss_forward",
                    "fusedLinear", "nll_loss_forward");

    static Stream<OpCase> all() {
        return OpCases.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("all")
    void ruleIsCompiled(OpCase op) {
        String script = compare(op, in -> op.function().apply(in).get(0));
        // The engine differentiates its attention by a kernel that is another on each device.
        String kernel = KERNELS.get(op.name());
        assertEquals(ATTENTION.equals(kernel), script.contains("torch.grad("), script);
        assertTrue(script.contains(kernel == null ? op.function() + ".java:" : kernel), script);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("all")
    void plainExpressionIsCompiled(OpCase op) {
        String script = compare(op, op.plain());
        assertFalse(script.contains(op.function() + ".java:"), script);
    }

    private static String compare(OpCase op, Function<NDList, NDArray> function) {
        NDManager manager = NDManager.newBaseManager();
        NDList inputs = op.inputs().apply(manager);
        Supplier<Block> block = () -> block(inputs, function);
        Loss loss = Small.loss((labels, y) -> y.head().mul(labels.head()).sum());
        Shape batch = new Shape(1);
        try (Twins twins = new Twins(manager, block, loss, DataType.FLOAT64, batch)) {
            NDArray y = op.manual(inputs);
            NDArray data = manager.ones(new Shape(Twins.STEPS, 1), DataType.FLOAT64);
            NDList all = new NDList(data);
            for (NDArray input : inputs) {
                if (!input.getDataType().isFloating()) {
                    all.add(input.expandDims(0).repeat(0, Twins.STEPS));
                }
            }
            NDArray upstream = Gradients.upstream(y).expandDims(0).repeat(0, Twins.STEPS);
            return twins.compare(all, new NDList(upstream), CompiledOpsTest::optimizer, TOLERANCE);
        }
    }

    // Inputs of floating type are parameters, the others come with the batch.
    private static Block block(NDList inputs, Function<NDList, NDArray> function) {
        FunctionBlock.Builder builder = FunctionBlock.builder("operation");
        NDList floating = Gradients.floating(inputs);
        for (int i = 0; i < floating.size(); i++) {
            Shape shape = floating.get(i).getShape();
            Parameter parameter =
                    Parameter.builder()
                            .setName("p" + i)
                            .setType(Parameter.Type.WEIGHT)
                            .optInitializer(new NormalInitializer(1))
                            .build();
            builder.addParameter(parameter, in -> shape);
        }
        return builder.setComputation(
                        (arrays, training) -> {
                            int parameters = arrays.size() - floating.size();
                            NDList ordered =
                                    Gradients.replaced(inputs, arrays.subNDList(parameters));
                            int whole = 1;
                            for (int i = 0; i < inputs.size(); i++) {
                                if (!inputs.get(i).getDataType().isFloating()) {
                                    ordered.set(i, arrays.get(whole++));
                                }
                            }
                            return new NDList(function.apply(ordered));
                        })
                .build();
    }

    private static Optimizer optimizer() {
        return Optimizer.adam().optLearningRateTracker(Tracker.fixed(0.01f)).build();
    }
}
