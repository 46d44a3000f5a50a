/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Other shapes of the same numbers, and arrays put together and taken apart. */
final class Shapes {

    private Shapes() {}

    static void addTo(Map<String, Operations.Rule> rules) {
        rules.put(
                "reshape/1",
                call -> call.arg(0) instanceof Shape ? reshaped(call) : Operations.NOT_RECORDED);
        for (String same : List.of("flatten/0", "flatten/2", "squeeze/0", "expandDims/1")) {
            rules.put(same, Shapes::reshaped);
        }
        rules.put(
                "squeeze/1",
                call ->
                        call.arg(0) instanceof int[] && call.shape().dimension() == 0
                                ? Conversions.copy(call.self()) // as the engine does
                                : reshaped(call));
        rules.put("transpose/0", call -> permute(call, reversed(call.shape().dimension())));
        rules.put("transpose/1", call -> permute(call, (int[]) call.arg(0)));
        rules.put("broadcast/1", Shapes::broadcast);
        rules.put("tile/1", Shapes::tile);
        rules.put("repeat/1", Shapes::repeat);
        rules.put("stack/2", call -> together(call, "stack"));
        rules.put("concat/2", call -> together(call, "cat"));
        rules.put("split/2", Shapes::split);
        rules.put("max/2", call -> along(call, "max"));
        rules.put("min/2", call -> along(call, "min"));
        rules.put(
                "prod/2",
                call -> call.record("prod", call.self(), ((int[]) call.arg(0))[0], call.arg(1)));
        rules.put("argMax/1", call -> place(call, "argmax"));
        rules.put("argMin/1", call -> place(call, "argmin"));
        rules.put("sort/1", call -> call.function("sort", call.array(), call.arg(0), false));
        rules.put("argSort/2", Shapes::argSort);
        rules.put("normalize/3", Shapes::normalize);
        rules.put(
                "norm/1",
                call ->
                        call.arg(0) instanceof Boolean keep
                                ? call.record("norm", call.self(), 2, new long[0], keep)
                                : Operations.NOT_RECORDED);
    }

    /** Any change of shape alone is a reshape, or nothing. */
    private static NDArray reshaped(MethodCall call) {
        NDArray real = (NDArray) call.real();
        return real.getShape().equals(call.shape())
                ? call.self().alias().array()
                : call.self().tape().record("reshape", real, call.self(), real.getShape());
    }

    private static int[] reversed(int axes) {
        return IntStream.range(0, axes).map(i -> axes - 1 - i).toArray();
    }

    private static Object permute(MethodCall call, int[] axes) {
        return Arrays.equals(axes, new int[] {1, 0})
                ? call.record("t", call.self())
                : call.record("permute", call.self(), axes);
    }

    private static Object broadcast(MethodCall call) {
        if (!(call.arg(0) instanceof Shape shape)) {
            return Operations.NOT_RECORDED;
        }
        return shape.equals(call.shape())
                ? call.self().alias().array()
                : call.record("expand", call.self(), shape);
    }

    private static Object tile(MethodCall call) {
        return isCopied(call)
                ? Conversions.copy(call.self())
                : call.record("repeat", call.self(), repeats(call));
    }

    /** Tells whether the engine copies an array that has nothing to repeat along its axes. */
    private static boolean isCopied(MethodCall call) {
        return call.arg(0) instanceof Long && call.self().real().isEmpty();
    }

    private static Object repeat(MethodCall call) {
        if (isCopied(call)) {
            return Conversions.copy(call.self());
        }
        long[] repeats = repeats(call);
        NDArray result = call.array();
        for (int axis = 0; axis < repeats.length; axis++) {
            result = result.repeat(axis, repeats[axis]);
        }
        return result;
    }

    private static long[] repeats(MethodCall call) {
        if (call.arg(0) instanceof long[] each) {
            return each;
        }
        long[] same = new long[Math.max(1, call.shape().dimension())];
        if (call.arg(0) instanceof Long all) {
            Arrays.fill(same, all);
            return same;
        }
        throw call.error(
                "tile and repeat to a shape are not recorded; give the numbers of repeats instead");
    }

    private static Object together(MethodCall call, String operation) {
        if (!(call.arg(0) instanceof NDList others)) {
            return Operations.NOT_RECORDED;
        }
        List<NDArray> all = new ArrayList<>(List.of(call.array()));
        all.addAll(others);
        return call.record(operation, all, call.arg(1));
    }

    static NDArray realOf(NDArray array) {
        TracedArray traced = TracedArray.of(array);
        return traced == null ? array : traced.real();
    }

    private static Object split(MethodCall call) {
        int axis = call.number(1);
        NDList reals = (NDList) call.real();
        long[] sizes = reals.stream().mapToLong(real -> real.getShape().get(axis)).toArray();
        return call.self().tape().recordAll("split_with_sizes", reals, call.self(), sizes, axis);
    }

    // The engine's function returns also where it found them.
    private static Object along(MethodCall call, String operation) {
        return call.function(operation, call.array(), ((int[]) call.arg(0))[0], call.arg(1));
    }

    // The engine takes any axis of an array without axes.
    private static Object place(MethodCall call, String operation) {
        return call.shape().dimension() == 0
                ? call.self().tape().manager().scalar(0L)
                : call.record(operation, call.self(), call.arg(0));
    }

    // The engine's answer to ascending is the descending order turned round, or not.
    private static Object argSort(MethodCall call) {
        NDArray places = call.function("argsort", call.array(), call.arg(0), false);
        return (Boolean) call.arg(1) ? places : places.flip(call.number(0));
    }

    private static Object normalize(MethodCall call) {
        long[] axes = {(Long) call.arg(1)};
        NDArray norm = call.function("norm", call.array(), call.arg(0), axes, true);
        return call.array().div(norm.clip((Number) call.arg(2), Double.POSITIVE_INFINITY));
    }
}
