/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.verify;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.makemore.data.DataFileException;
import org.djlext.nn.BatchNormFunction;
import org.djlext.nn.CausalAttentionFunction;
import org.djlext.nn.CrossEntropyFunction;
import org.djlext.nn.EmbeddingFunction;
import org.djlext.nn.FusedLinearCrossEntropy;
import org.djlext.nn.GeluFunction;
import org.djlext.nn.LayerNormFunction;
import org.djlext.nn.LegendreP3Function;
import org.djlext.nn.LinearFunction;
import org.djlext.nn.Reduction;
import org.djlext.nn.ReluFunction;
import org.djlext.nn.TanhFunction;

/**
 * The operations of {@code org.djlext.nn} by the names that they have in reference files.
 *
 * <p>A name in a file is that of an operation, or begins with one and an underscore: {@code
 * layernorm}, {@code batchnorm_2d_biased}.
 */
final class ReferenceOps {

    // What a name stands for: the inputs in the order of the function, and how the function follows
    // from the parameters in the file.
    private record Op(
            List<String> inputs, Function<ReferenceNode, UnaryOperator<NDList>> function) {}

    // The one input of a function of one, whatever its name.
    private static final List<String> ANY = List.of();

    private static final Map<String, Op> OPS = new TreeMap<>();

    static {
        OPS.put(
                "batchnorm",
                new Op(
                        List.of("x", "gamma", "beta"),
                        params -> {
                            int correction = params.integer("correction");
                            return new BatchNormFunction(params.number("eps"), correction)::apply;
                        }));
        OPS.put("causal_attention", fixed(new CausalAttentionFunction()::apply, "q", "k", "v"));
        OPS.put("cross_entropy", new Op(List.of("logits", "y"), ReferenceOps::crossEntropy));
        OPS.put("embedding", fixed(new EmbeddingFunction()::apply, "idx", "weight"));
        OPS.put("gelu_tanh", new Op(ANY, params -> new GeluFunction()::apply));
        OPS.put(
                "layernorm",
                new Op(
                        List.of("x", "gamma", "beta"),
                        params -> new LayerNormFunction(params.number("eps"))::apply));
        OPS.put("legendre_p3", new Op(ANY, params -> new LegendreP3Function()::apply));
        OPS.put("linear", fixed(new LinearFunction()::apply, "x", "w", "b"));
        OPS.put("linear_cross_entropy", fixed(new FusedLinearCrossEntropy()::apply, "x", "w", "y"));
        OPS.put("relu", new Op(ANY, params -> new ReluFunction()::apply));
        OPS.put("tanh", new Op(ANY, params -> new TanhFunction()::apply));
    }

    private ReferenceOps() {}

    private static Op fixed(UnaryOperator<NDList> function, String... inputs) {
        return new Op(List.of(inputs), params -> function);
    }

    private static UnaryOperator<NDList> crossEntropy(ReferenceNode params) {
        Long ignore =
                params.has("ignore_index") ? Long.valueOf(params.integer("ignore_index")) : null;
        double smoothing = params.has("label_smoothing") ? params.number("label_smoothing") : 0;
        return new CrossEntropyFunction(Reduction.MEAN, ignore, smoothing)::apply;
    }

    /** Runs the operation of a name forward and backward, and compares with the file. */
    static GradientTable compare(
            String name, ReferenceNode reference, NDManager manager, Tolerance tolerance) {
        Op op = find(name, reference);
        ReferenceNode inputs = reference.child("inputs");
        List<String> order = op.inputs;
        if (order.isEmpty()) {
            if (inputs.names().size() != 1) {
                throw new DataFileException(
                        inputs.place() + " must have one input, but has " + inputs.names());
            }
            order = inputs.names();
        }
        return compare(
                order, op.function.apply(reference.child("params")), reference, manager, tolerance);
    }

    /** Runs a function forward and backward, and compares with the file. */
    static GradientTable compare(
            List<String> order,
            UnaryOperator<NDList> function,
            ReferenceNode reference,
            NDManager manager,
            Tolerance tolerance) {
        ReferenceNode in = reference.child("inputs");
        ReferenceNode want = reference.child("grad_inputs");
        for (String name : want.names()) {
            if (!order.contains(name)) {
                throw new DataFileException(
                        want.place() + "." + name + " is for no input; there are " + order);
            }
        }
        NDList inputs = new NDList(order.size());
        for (String name : order) {
            NDArray input = in.tensor(name, manager);
            if (want.has(name)) {
                fits(want, name, want.tensor(name, manager), input, "the input");
                input.setRequiresGradient(true);
            }
            inputs.add(input);
        }
        NDArray output = reference.tensor("output", manager);
        NDArray upstream = reference.tensor("grad_output", manager);
        GradientTable table = new GradientTable(tolerance);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray got = function.apply(inputs).get(0);
            fits(reference, "output", output, got, "what the operation computes");
            fits(reference, "grad_output", upstream, got, "the output");
            table.compare("output", got, output);
            collector.backward(got.mul(upstream).sum());
        }
        for (int i = 0; i < order.size(); i++) {
            String name = order.get(i);
            if (want.has(name)) {
                NDArray gradient = inputs.get(i).getGradient();
                table.compare("d" + name, gradient, want.tensor(name, manager));
            }
        }
        return table;
    }

    private static Op find(String name, ReferenceNode reference) {
        return OPS.keySet().stream()
                .filter(known -> name.equals(known) || name.startsWith(known + "_"))
                .max(Comparator.comparingInt(String::length))
                .map(OPS::get)
                .orElseThrow(
                        () ->
                                new DataFileException(
                                        reference.place()
                                                + " is no operation that is known here; known are "
                                                + String.join(", ", OPS.keySet())));
    }

    private static void fits(
            ReferenceNode node, String name, NDArray tensor, NDArray other, String what) {
        if (!tensor.getShape().equals(other.getShape())
                || tensor.getDataType() != other.getDataType()) {
            throw new DataFileException(
                    "%s.%s must be %s like %s, but is %s"
                            .formatted(
                                    node.place(), name, describe(other), what, describe(tensor)));
        }
    }

    private static String describe(NDArray array) {
        return array.getDataType() + " of shape " + array.getShape();
    }
}
