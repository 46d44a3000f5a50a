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
import org.djlext.compile.OptimizerSettings.Kind;
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
    private @Nullable OptimizerSettings settings;
    private final NDList states = new NDList();

    /**
     * Creates a probe.
     *
     * @param optimizer the optimizer
     * @param ids the ids of the parameters
     * @param parameters their arrays
     */
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
            standIn.settings = null;
            optimizer.update(ids.get(i), standIn.array, standIn.array);
            OptimizerSettings found = standIn.settings;
            if (found == null) {
                throw CompileException.at(
                        optimizer.getClass().getSimpleName(),
                        "a compiled step updates parameters as Sgd, Adam and AdamW of"
                                + " DJL do; use one of these, or a TorchOptimizer");
            }
            if (settings == null) {
                settings = found;
            }
            if (i == 0) {
                rates = standIn.rates;
            }
            if (!found.equals(settings) || !Arrays.equals(rates, standIn.rates)) {
                throw CompileException.at(
                        optimizer.getClass().getSimpleName(),
                        "its settings and rates must be the same for all parameters,"
                                + " and its settings for all steps, but parameter "
                                + ids.get(i)
                                + " has "
                                + found
                                + " and rates "
                                + Arrays.toString(standIn.rates)
                                + " instead of "
                                + settings
                                + " and "
                                + Arrays.toString(rates));
            }
        }
        return rates;
    }

    @Override
    public List<String> lines(int parameter) {
        return settings().lines();
    }

    @Override
    public List<String> stateNames() {
        return settings().stateNames();
    }

    @Override
    public List<String> numbers() {
        return settings().numbers();
    }

    // Known after the first step was asked for.
    private OptimizerSettings settings() {
        if (settings == null) {
            throw new IllegalStateException(
                    "an optimizer's settings are known after its first step");
        }
        return settings;
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
        private @Nullable OptimizerSettings settings;
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
            NDList inputs = (NDList) args[0];
            rates = new double[] {(Float) args[2]};
            settings =
                    new OptimizerSettings(
                            Kind.SGD,
                            (Float) args[3],
                            (Float) args[4],
                            (Float) args[5],
                            (Float) args[6],
                            0,
                            0,
                            0);
            states = inputs.subList(2, inputs.size());
        }

        // inputs, weights, rate, corrected rate, decay, rescale, clip, beta1, beta2, eps, lazy, W
        private void adam(Object[] args) {
            NDList inputs = (NDList) args[0];
            rates = new double[] {(Float) args[2], (Float) args[3]};
            settings =
                    new OptimizerSettings(
                            (Boolean) args[11] ? Kind.ADAM_W : Kind.ADAM,
                            (Float) args[4],
                            (Float) args[5],
                            (Float) args[6],
                            0,
                            (Float) args[7],
                            (Float) args[8],
                            (Float) args[9]);
            states = inputs.subList(2, inputs.size());
        }
    }
}
