/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.djlext.nn.OpCases.random;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.djlext.autograd.AutogradFunction;

/** Operations over time steps beside the engine's and beside wrong ones. */
final class SequenceCases {

    private static final double P = 0.3;

    private SequenceCases() {}

    static Stream<OpCase> all() {
        return Stream.of(
                causalAttention(), lastQueries(), attentionDropout(), causalMean(), rnn(), gru());
    }

    static OpCase causalAttention() {
        CausalAttentionFunction f = new CausalAttentionFunction();
        return new OpCase(
                "causalAttention",
                f,
                SequenceCases::attention,
                OpCase.twin(
                        f::forward, f::backward, 1, d -> d.mul(Math.sqrt(5))), // dk without hs^-1/2
                m ->
                        new NDList(
                                random(m, 2, 3, 4, 5),
                                random(m, 2, 3, 4, 5),
                                random(m, 2, 3, 4, 6)));
    }

    /** As with a cache: the queries of the last two of four positions. */
    private static OpCase lastQueries() {
        CausalAttentionFunction f = new CausalAttentionFunction();
        return new OpCase(
                "lastQueries",
                f,
                SequenceCases::attention,
                OpCase.twin(f::forward, f::backward, 2, d -> d.flip(2)), // dv of the other end
                m ->
                        new NDList(
                                random(m, 2, 3, 2, 5),
                                random(m, 2, 3, 4, 5),
                                random(m, 2, 3, 4, 6)));
    }

    static OpCase attentionDropout() {
        CausalAttentionFunction f = new CausalAttentionFunction(P);
        AutogradFunction twin =
                OpCase.twin(
                        f::forward, f::backward, 2, d -> d.mul(1 - P)); // the scale forgotten in dv
        return new OpCase(
                "attentionDropout", f, in -> attention(in, P), twin, causalAttention().inputs());
    }

    static NDArray attention(NDList in) {
        return attention(in, 0);
    }

    private static NDArray attention(NDList in, double dropout) {
        NDArray q = in.get(0);
        int axes = q.getShape().dimension();
        long queries = q.getShape().get(axes - 2);
        long steps = in.get(1).getShape().get(axes - 2);
        double scale = Math.sqrt((double) q.getShape().getLastDimension());
        NDArray exp = q.matMul(in.get(1).swapAxes(axes - 2, axes - 1)).div(scale).exp();
        NDArray allowed = exp.mul(lower(q.getManager(), (int) steps).get(-queries + ":"));
        NDArray p = allowed.div(allowed.sum(new int[] {axes - 1}, true));
        if (dropout > 0) {
            NDArray u = q.getManager().randomUniform(0, 1, p.getShape(), DataType.FLOAT32);
            p = p.mul(u.gte(dropout)).div(1 - dropout);
        }
        return p.matMul(in.get(2));
    }

    /** Ones on and below the diagonal. */
    private static NDArray lower(NDManager manager, int steps) {
        float[] lower = new float[steps * steps];
        for (int i = 0; i < steps; i++) {
            for (int j = 0; j <= i; j++) {
                lower[i * steps + j] = 1;
            }
        }
        return manager.create(lower, new Shape(steps, steps));
    }

    static OpCase causalMean() {
        CausalMeanFunction f = new CausalMeanFunction();
        return new OpCase(
                "causalMean",
                f,
                in -> {
                    NDArray x = in.get(0);
                    NDList means = new NDList();
                    for (int t = 0; t < x.getShape().get(1); t++) {
                        means.add(x.get(":, :" + (t + 1)).mean(new int[] {1}));
                    }
                    return NDArrays.stack(means, 1);
                },
                OpCase.twin(f::forward, f::forward), // A for its transpose
                m -> new NDList(random(m, 2, 4, 3)));
    }

    static OpCase rnn() {
        RnnFunction f = new RnnFunction();
        return new OpCase(
                "rnn",
                f,
                in -> {
                    NDArray h = in.get(1);
                    NDList states = new NDList();
                    for (int t = 0; t < in.get(0).getShape().get(0); t++) {
                        NDArray xh = NDArrays.concat(new NDList(in.get(0).get(t), h), 1);
                        h = xh.matMul(in.get(2)).add(in.get(3)).tanh();
                        states.add(h);
                    }
                    return NDArrays.stack(states);
                },
                OpCase.twin(f::forward, f::backward, 1, d -> d.mul(0.9)), // a step too much
                m -> {
                    NDList inputs = new NDList(random(m, 4, 2, 3), random(m, 2, 5));
                    inputs.add(random(m, 8, 5).div(2));
                    inputs.add(random(m, 5));
                    return inputs;
                });
    }

    static OpCase gru() {
        GruFunction f = new GruFunction();
        return new OpCase(
                "gru",
                f,
                in -> {
                    NDArray h = in.get(1);
                    NDList states = new NDList();
                    for (int t = 0; t < in.get(0).getShape().get(0); t++) {
                        NDArray x = in.get(0).get(t);
                        NDArray r = gate(in, 2, x, h, Activation::sigmoid);
                        NDArray z = gate(in, 4, x, h, Activation::sigmoid);
                        NDArray c = gate(in, 6, x, r.mul(h), NDArray::tanh);
                        h = z.neg().add(1).mul(h).add(z.mul(c));
                        states.add(h);
                    }
                    return NDArrays.stack(states);
                },
                OpCase.twin(
                        f::forward,
                        (ctx, dy) -> {
                            NDList d = f.backward(ctx, dy);
                            d.set(6, d.get(2)); // the reset gate's gradient for the candidate's
                            return d;
                        }),
                m -> {
                    NDList inputs = new NDList(random(m, 4, 2, 3), random(m, 2, 5));
                    for (int gate = 0; gate < 3; gate++) {
                        inputs.add(random(m, 8, 5).div(2));
                        inputs.add(random(m, 5));
                    }
                    return inputs;
                });
    }

    private static NDArray gate(
            NDList in, int w, NDArray x, NDArray h, UnaryOperator<NDArray> activation) {
        NDArray xh = NDArrays.concat(new NDList(x, h), 1);
        return activation.apply(xh.matMul(in.get(w)).add(in.get(w + 1)));
    }
}
