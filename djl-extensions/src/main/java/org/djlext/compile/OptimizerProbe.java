/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.internal.NDArrayEx;
import ai.djl.training.optimizer.Optimizer;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Asks an optimizer of DJL for its numbers: it updates stand-ins for the parameters, and what it
 * would have the engine do is kept and not done. So its counts of updates, its schedule of learning
 * rates, and the arrays that it keeps are its own, and it can be used elsewhere in between.
 */
final class OptimizerProbe implements StepUpdate {

    private final Optimizer optimizer;
    private final List<String> ids;
    private final List<StandIn> standIns = new ArrayList<>();
    private @Nullable Update known;
    private final NDList states = new NDList();

    /**
     * What the engine was asked for, but for the rates, which change from step to step.
     *
     * @param lines the update as DJL's engine does it
     * @param stateNames the names of what is kept for a parameter
     */
    private record Update(List<String> lines, List<String> stateNames) {}

    OptimizerProbe(Optimizer optimizer, List<String> ids, NDList parameters) {
        this.optimizer = optimizer;
        this.ids = ids;
        parameters.forEach(parameter -> standIns.add(new StandIn(parameter)));
    }

    @Override
    public double[] next(@Nullable Double rate) {
        double[] rates = nextRates();
        if (rate != null) {
            for (int k = rates.length - 1; k >= 0; k--) {
                // Adam's corrections of the bias are a factor.
                rates[k] = k == 0 ? rate : rate * rates[k] / rates[0];
            }
        }
        return rates;
    }

    private double[] nextRates() {
        double[] rates = {};
        for (int i = 0; i < ids.size(); i++) {
            StandIn standIn = standIns.get(i);
            standIn.update = null;
            optimizer.update(ids.get(i), standIn.array, standIn.array);
            Update found = standIn.update;
            if (found == null) {
                throw CompileException.at(
                        optimizer.getClass().getSimpleName(),
                        "a compiled step updates parameters as Sgd, Adam and AdamW of"
                                + " DJL do; use one of these, or a TorchOptimizer");
            }
            known = known == null ? found : known;
            rates = i == 0 ? standIn.rates : rates;
            if (!found.equals(known) || !Arrays.equals(rates, standIn.rates)) {
                throw CompileException.at(
                        optimizer.getClass().getSimpleName(),
                        ("its settings and rates must be the same for all"
                                        + " parameters, and its settings for all steps, but"
                                        + " parameter %s has %s and rates %s instead of %s and"
                                        + " %s")
                                .formatted(
                                        ids.get(i),
                                        found.lines,
                                        Arrays.toString(standIn.rates),
                                        known.lines,
                                        Arrays.toString(rates)));
            }
        }
        return rates;
    }

    @Override
    public List<String> lines(int parameter) {
        return known().lines;
    }

    @Override
    public List<String> stateNames() {
        return known().stateNames;
    }

    @Override
    public List<String> numbers() {
        // The rate that Adam multiplies by has both corrections of the bias in it.
        return List.of("lr", "rate").subList(0, standIns.get(0).rates.length);
    }

    // After the first step was asked for.
    private Update known() {
        if (known == null) {
            throw new IllegalStateException(
                    "an optimizer's settings are known after its first step");
        }
        return known;
    }

    @Override
    public NDList states() {
        if (states.isEmpty()) {
            standIns.forEach(standIn -> states.addAll(standIn.states));
        }
        return states;
    }

    /** An array that notes which update the engine is asked for. */
    private static final class StandIn implements InvocationHandler {

        private final NDArray parameter;
        private final NDArray array;
        private final NDArrayEx internal;
        private @Nullable Update update;
        private double[] rates = {};
        private List<NDArray> states = List.of();

        StandIn(NDArray parameter) {
            this.parameter = parameter;
            ClassLoader loader = StandIn.class.getClassLoader();
            array = (NDArray) Proxy.newProxyInstance(loader, new Class<?>[] {NDArray.class}, this);
            internal =
                    (NDArrayEx)
                            Proxy.newProxyInstance(loader, new Class<?>[] {NDArrayEx.class}, this);
        }

        @Override
        public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] given) {
            Object[] args = given == null ? new Object[0] : given;
            return switch (method.getName()) {
                case "getNDArrayInternal" -> internal;
                case "getDevice" -> parameter.getDevice();
                case "getShape" -> parameter.getShape();
                case "getDataType" -> parameter.getDataType();
                case "zerosLike" -> parameter.zerosLike();
                case "equals" -> proxy == args[0];
                case "hashCode" -> System.identityHashCode(proxy);
                case "sgdUpdate" -> {
                    sgd(args);
                    yield null;
                }
                case "adamUpdate" -> {
                    adam(args);
                    yield null;
                }
                default ->
                        throw new CompileException(
                                "cannot compile an optimizer that uses "
                                        + method.getName()
                                        + " of its parameters; use one of DJL's Sgd, Adam and"
                                        + " AdamW, or a TorchOptimizer");
            };
        }

        // inputs, weights, rate, decay, rescale, clip, momentum, lazy
        private void sgd(Object[] args) {
            double momentum = (Float) args[6];
            List<String> lines = prepared(args, 3, false);
            if (momentum == 0) {
                lines.add("_foreach_add_(weights, gradients, alpha=-lr)");
            } else {
                // The rate sits inside the momentum.
                lines.add("_foreach_mul_(momentum, " + momentum + ")");
                lines.add("_foreach_add_(momentum, gradients, alpha=lr)");
                lines.add("_foreach_sub_(weights, momentum)");
            }
            rates = new double[] {(Float) args[2]};
            asked(args, lines, momentum == 0 ? List.of() : List.of("momentum"));
        }

        // inputs, weights, rate, corrected rate, decay, rescale, clip, beta1, beta2, eps, lazy, W
        private void adam(Object[] args) {
            float beta1 = (Float) args[7];
            float beta2 = (Float) args[8];
            List<String> lines = prepared(args, 4, (Boolean) args[11]);
            // 1 - beta in float, as the engine's own sources have it.
            lines.add("_foreach_mul_(mean, " + (double) beta1 + ")");
            lines.add("_foreach_add_(mean, gradients, alpha=" + (double) (1 - beta1) + ")");
            lines.add("_foreach_mul_(square, " + (double) beta2 + ")");
            String ofNew = (double) (1 - beta2) + ")";
            lines.add("_foreach_addcmul_(square, gradients, gradients, " + ofNew);
            // A new list once more: libtorch drops what changes a list of the script in place.
            lines.add("root = _foreach_sqrt(square)");
            lines.add("root = _foreach_add(root, " + (double) (Float) args[9] + ")");
            lines.add("_foreach_addcdiv_(weights, mean, root, -rate)");
            rates = new double[] {(Float) args[2], (Float) args[3]};
            asked(args, lines, List.of("mean", "square"));
        }

        /** What is done first, by weight decay and two arguments after it: rescale and clip. */
        private static List<String> prepared(Object[] args, int first, boolean isDecoupled) {
            double decay = (Float) args[first];
            double rescale = (Float) args[first + 1];
            double clip = (Float) args[first + 2]; // negative for any gradient
            List<String> lines = new ArrayList<>();
            if (rescale != 1) {
                lines.add("gradients = _foreach_mul(gradients, " + rescale + ")");
            }
            if (clip >= 0) {
                lines.add("gradients = _foreach_clamp_max(gradients, " + clip + ")");
            }
            if (decay != 0) {
                lines.add(
                        isDecoupled
                                ? "_foreach_mul_(weights, 1.0 - lr * " + decay + ")"
                                : "gradients = _foreach_add(gradients, weights, alpha="
                                        + decay
                                        + ")");
            }
            return lines;
        }

        private void asked(Object[] args, List<String> lines, List<String> stateNames) {
            NDList inputs = (NDList) args[0];
            update = new Update(lines, stateNames);
            states = inputs.subList(2, inputs.size());
        }
    }
}
