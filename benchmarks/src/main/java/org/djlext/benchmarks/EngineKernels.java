/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.loss.Loss;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;
import org.djlext.autograd.Recorder;

/** Operations on a tape by the engine's kernels, which rules may offer with {@code recorded()}. */
final class EngineKernels {

    private EngineKernels() {}

    private static Recorder recorder(NDArray array) {
        return ((Recorder.Recorded) array).recorder();
    }

    /**
     * Batch normalization with the unbiased variance. With r = n / (n - 1) the engine's biased
     * variance is var / r, so gamma r^-1/2 and eps / r give the same.
     */
    static final class BatchNorm extends AutogradFunction {

        private static final double EPS = 1e-5;
        private static final String ALL = "[True, True, True]";

        @Override
        protected NDList forward(FunctionContext ctx, NDList inputs) {
            NDArray x = inputs.get(0); // (n, C)
            double n = x.getShape().get(0);
            double r = n / (n - 1);
            NDArray gamma = inputs.get(1).mul(1 / Math.sqrt(r)); // (C)
            NDList outputs =
                    recorder(x)
                            .call(
                                    "native_batch_norm",
                                    x,
                                    gamma,
                                    inputs.get(2),
                                    null,
                                    null,
                                    true,
                                    0.0,
                                    EPS / r);
            ctx.saveForBackward(x, gamma, outputs.get(1), outputs.get(2));
            ctx.setAttribute("r", r);
            return new NDList(outputs.get(0));
        }

        @Override
        protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
            NDArray dy = gradOutputs.get(0); // (n, C)
            NDList saved = ctx.savedTensors();
            double r = ctx.getAttribute("r", Double.class);
            NDList gradients =
                    recorder(dy)
                            .call(
                                    "native_batch_norm_backward",
                                    dy,
                                    saved.get(0),
                                    saved.get(1),
                                    null,
                                    null,
                                    saved.get(2),
                                    saved.get(3),
                                    true,
                                    EPS / r,
                                    ALL);
            NDArray dgamma = gradients.get(1).mul(1 / Math.sqrt(r));
            return new NDList(gradients.get(0), dgamma, gradients.get(2));
        }
    }

    /** Hyperbolic tangent. */
    static final class Tanh extends AutogradFunction {

        @Override
        protected NDList forward(FunctionContext ctx, NDList inputs) {
            NDArray h = inputs.get(0).tanh();
            ctx.saveForBackward(h);
            return new NDList(h);
        }

        @Override
        protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
            NDArray dh = gradOutputs.get(0);
            return recorder(dh).call("tanh_backward", dh, ctx.savedTensors().get(0));
        }
    }

    /** Cross entropy, whose derivatives are the engine's own. */
    static final class CrossEntropy extends Loss {

        CrossEntropy() {
            super("crossEntropy");
        }

        @Override
        public NDArray evaluate(NDList labels, NDList predictions) {
            NDArray logits = predictions.head(); // (N, K)
            return new Rule().apply(logits, labels.head()).head();
        }

        private static final class Rule extends AutogradFunction {

            @Override
            protected NDList forward(FunctionContext ctx, NDList inputs) {
                NDArray logits = inputs.get(0); // (N, K)
                NDArray labels = inputs.get(1); // (N)
                NDArray logp = logits.logSoftmax(1);
                NDList loss =
                        recorder(logits).call("nll_loss_forward", logp, labels, null, 1, -100);
                ctx.saveForBackward(logp, labels, loss.get(1));
                return new NDList(loss.get(0));
            }

            @Override
            protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
                NDArray dloss = gradOutputs.get(0);
                NDList saved = ctx.savedTensors();
                NDArray logp = saved.get(0);
                NDArray dlogp =
                        recorder(dloss)
                                .call(
                                        "nll_loss_backward",
                                        dloss,
                                        logp,
                                        saved.get(1),
                                        null,
                                        1,
                                        -100,
                                        saved.get(2))
                                .head();
                NDArray dlogits =
                        recorder(dloss)
                                .call(
                                        "_log_softmax_backward_data",
                                        dlogp,
                                        logp,
                                        1,
                                        logp.getDataType())
                                .head();
                return new NDList(dlogits, null);
            }
        }
    }
}
