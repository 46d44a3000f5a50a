/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.djlext.autograd.AutogradFunction;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.testing.ArrayTest;
import org.djlext.testing.Golden;
import org.djlext.testing.Gradients;
import org.djlext.torch.ops.Transformers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Outputs and gradients of the operations against those that PyTorch has written. */
class PyTorchOperationsTest extends ArrayTest {

    private static final JsonObject GOLDEN = Golden.read("/golden/ops.json").getAsJsonObject("ops");

    static Stream<Arguments> operations() {
        CrossEntropyFunction mean = new CrossEntropyFunction(Reduction.MEAN, null);
        EmbeddingFunction embedding = new EmbeddingFunction();
        return Stream.of(
                of("batchnorm_2d_unbiased", new BatchNormFunction(1e-5, 1)),
                of("batchnorm_2d_biased", new BatchNormFunction(1e-5, 0)),
                of("batchnorm_3d_unbiased_channels_last", new BatchNormFunction(1e-5, 1)),
                of("cross_entropy_mean", mean),
                of("cross_entropy_mean_large_logits", mean),
                of("cross_entropy_ignore_index_-1", new CrossEntropyFunction(Reduction.MEAN, -1L)),
                of(
                        "cross_entropy_label_smoothing_0.1",
                        new CrossEntropyFunction(Reduction.MEAN, null, 0.1)),
                of("layernorm", new LayerNormFunction(1e-5)),
                of("linear", new LinearFunction()),
                of("tanh", new TanhFunction()),
                of("relu", new ReluFunction()),
                of("gelu_tanh", new GeluFunction()),
                of("gelu_tanh", in -> Transformers.geluTanh(in.get(0))),
                of("embedding_repeated", in -> embedding.apply(in.get(1), in.get(0))),
                of("causal_attention", new CausalAttentionFunction()),
                of(
                        "causal_attention",
                        in ->
                                Transformers.scaledDotProductAttention(
                                        in.get(0), in.get(1), in.get(2), true)),
                of("legendre_p3", new LegendreP3Function()),
                of("linear_cross_entropy", new FusedLinearCrossEntropy()));
    }

    private static Arguments of(String name, AutogradFunction function) {
        return of(name, in -> function.apply(in).get(0));
    }

    private static Arguments of(String name, Function<NDList, NDArray> operation) {
        return Arguments.of(name, operation);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("operations")
    void agreesWithPyTorch(String name, Function<NDList, NDArray> operation) {
        JsonObject golden = GOLDEN.getAsJsonObject(name);
        Map<String, JsonElement> inputs = golden.getAsJsonObject("inputs").asMap();
        JsonObject gradients = golden.getAsJsonObject("grad_inputs");
        NDList arrays = new NDList();
        NDList want = new NDList(Golden.tensor(manager, golden.get("output")));
        inputs.forEach(
                (input, tensor) -> {
                    arrays.add(Golden.tensor(manager, tensor));
                    want.add(
                            gradients.has(input)
                                    ? Golden.tensor(manager, gradients.get(input))
                                    : null);
                });
        NDArray upstream = Golden.tensor(manager, golden.get("grad_output"));
        GradientTable table =
                Gradients.compare(
                        Gradients.run(operation, arrays, upstream),
                        want,
                        new Tolerance(1e-9, 1e-12));
        assertEquals(1 + gradients.size(), table.rows().size());
        table.assertApproximate();
    }

    @Test
    void noOperationIsLeftOut() {
        Set<Object> names = operations().map(each -> each.get()[0]).collect(Collectors.toSet());
        assertEquals(GOLDEN.keySet(), names);
    }
}
