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
import java.util.ArrayList;
import java.util.List;
import org.djlext.torch.ops.InPlace;
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
    private @Nullable DjlUpdate known;
    private final NDList states = new NDList();
    // What a kernel takes that updates whole arrays.
    private final boolean mayBeFused;

    OptimizerProbe(Optimizer optimizer, List<String> ids, NDList parameters) {
        this.optimizer = optimizer;
        this.ids = ids;
        parameters.forEach(parameter -> standIns.add(new StandIn(parameter)));
        mayBeFused = parameters.stream().allMatch(OptimizerProbe::isPlain);
    }

    private static boolean isPlain(NDArray parameter) {
        return NumbersAsArrays.isExact(parameter.getDataType()) && InPlace.liesInRows(parameter);
    }

    @Override
    public double[] next(@Nullable Double rate) {
        List<Double> own = probe();
        double first = own.get(0);
        if (rate == null) {
            return own.stream().mapToDouble(Double::doubleValue).toArray();
        }
        if (first == 0 && own.size() > 1) {
            throw CompileException.at(
                    name(),
                    "how it corrects a rate that run is given shows in its own rate, which is 0 in"
                            + " this step; give it another one, such as Tracker.fixed(1)");
        }
        double[] rates = own.stream().mapToDouble(each -> rate * each / first).toArray();
        rates[0] = rate;
        return rates;
    }

    /** Has the optimizer do its next step, and returns the rates. */
    private List<Double> probe() {
        List<Double> rates = List.of();
        for (int i = 0; i < ids.size(); i++) {
            StandIn standIn = standIns.get(i);
            standIn.update = null;
            optimizer.update(ids.get(i), standIn.array, standIn.array);
            DjlUpdate found = standIn.update;
            if (found == null) {
                throw unknown("it asks the engine for no update");
            }
            known = known == null ? found : known;
            rates = i == 0 ? found.rates() : rates;
            if (!found.isLike(known) || !found.rates().equals(rates)) {
                throw CompileException.at(
                        name(),
                        ("its settings and rates must be the same for all parameters, and its"
                                        + " settings for all steps, but parameter %s has %s and"
                                        + " rates %s instead of %s and %s")
                                .formatted(
                                        ids.get(i),
                                        found.lines(),
                                        found.rates(),
                                        known.lines(),
                                        rates));
            }
        }
        return rates;
    }

    private String name() {
        return optimizer.getClass().getSimpleName();
    }

    private CompileException unknown(String why) {
        return CompileException.at(
                name(), why + "; use an optimizer of DJL itself, or a TorchOptimizer");
    }

    @Override
    public List<String> lines(int parameter) {
        return known().lines();
    }

    @Override
    public List<String> stateNames() {
        return known().stateNames();
    }

    @Override
    public List<String> numbers() {
        return List.of("lr", "rate").subList(0, known().rates().size());
    }

    // After the first step was asked for.
    private DjlUpdate known() {
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
    private final class StandIn implements InvocationHandler {

        private final NDArray parameter;
        private final NDArray array;
        private final NDArrayEx internal;
        private @Nullable DjlUpdate update;
        private List<NDArray> states = List.of();

        StandIn(NDArray parameter) {
            this.parameter = parameter;
            array = TracedArray.proxy(NDArray.class, this);
            internal = TracedArray.proxy(NDArrayEx.class, this);
        }

        @Override
        public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] given) {
            Object[] args = given == null ? new Object[0] : given;
            DjlUpdate asked = DjlUpdate.of(method.getName(), args, mayBeFused);
            if (asked != null) {
                NDList inputs = (NDList) args[0];
                update = asked;
                states = inputs.subList(2, inputs.size());
                return null;
            }
            return switch (method.getName()) {
                case "getNDArrayInternal" -> internal;
                case "toSparse" -> array; // DJL asks for it, for an engine that wants it
                case "getDevice" -> parameter.getDevice();
                case "getShape" -> parameter.getShape();
                case "getDataType" -> parameter.getDataType();
                case "zerosLike" -> parameter.zerosLike();
                case "equals" -> proxy == args[0];
                case "hashCode" -> System.identityHashCode(proxy);
                default -> throw unknown("it uses " + method.getName() + " of its parameters");
            };
        }
    }
}
