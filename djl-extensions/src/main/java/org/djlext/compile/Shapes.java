/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Other shapes of the same numbers, and arrays put together and taken apart. */
final class Shapes {

    private Shapes() {}

    static void addTo(Map<String, Operations.Rule> rules) {
        rules.put("reshape/1", Shapes::reshape);
        rules.put("flatten/0", (self, args) -> reshaped(self, self.real().flatten()));
        rules.put(
                "flatten/2",
                (self, args) ->
                        reshaped(self, self.real().flatten((Integer) args[0], (Integer) args[1])));
        rules.put("squeeze/0", (self, args) -> reshaped(self, self.real().squeeze()));
        rules.put("squeeze/1", Shapes::squeeze);
        rules.put(
                "expandDims/1",
                (self, args) -> reshaped(self, self.real().expandDims((Integer) args[0])));
        rules.put("transpose/0", (self, args) -> permute(self, reversed(self)));
        rules.put("transpose/1", (self, args) -> permute(self, (int[]) args[0]));
        rules.put(
                "swapAxes/2",
                (self, args) ->
                        view(
                                self,
                                "transpose",
                                self.real().swapAxes((Integer) args[0], (Integer) args[1]),
                                args));
        rules.put("broadcast/1", Shapes::broadcast);
        rules.put("tile/1", Shapes::tile);
        rules.put("repeat/1", Shapes::repeat);
        rules.put("stack/2", (self, args) -> together(self, "stack", args));
        rules.put("concat/2", (self, args) -> together(self, "cat", args));
        rules.put("split/2", Shapes::split);
        rules.put("max/2", (self, args) -> along(self, "max", args, self.real()::max));
        rules.put("min/2", (self, args) -> along(self, "min", args, self.real()::min));
        rules.put("prod/2", (self, args) -> product(self, args));
        rules.put("sort/1", (self, args) -> sorted(self, (Integer) args[0]));
        rules.put("argSort/2", Shapes::argSort);
        rules.put("normalize/3", Shapes::normalize);
    }

    /** Notes a view: its memory is that of the array. */
    static NDArray view(
            TracedArray self, String operation, NDArray real, @Nullable Object... args) {
        @Nullable Object[] all = new Object[args.length + 1];
        all[0] = self;
        System.arraycopy(args, 0, all, 1, args.length);
        NDArray result = self.tape().record(operation, real, all);
        return TracedArray.required(result, operation).viewOf(self);
    }

    private static Object reshape(TracedArray self, @Nullable Object[] args) {
        return args[0] instanceof Shape shape
                ? reshaped(self, self.real().reshape(shape))
                : Operations.NOT_RECORDED;
    }

    /** Any change of shape alone is a reshape, or nothing. */
    private static NDArray reshaped(TracedArray self, NDArray real) {
        return real.getShape().equals(self.real().getShape())
                ? self.alias().array()
                : view(self, "reshape", real, real.getShape());
    }

    private static Object squeeze(TracedArray self, @Nullable Object[] args) {
        return args[0] instanceof int[] axes
                ? reshaped(self, self.real().squeeze(axes))
                : reshaped(self, self.real().squeeze((Integer) args[0]));
    }

    private static int[] reversed(TracedArray self) {
        int axes = self.real().getShape().dimension();
        return IntStream.range(0, axes).map(i -> axes - 1 - i).toArray();
    }

    private static NDArray permute(TracedArray self, int[] axes) {
        NDArray real = self.real().transpose(axes);
        return Arrays.equals(axes, new int[] {1, 0})
                ? view(self, "t", real)
                : view(self, "permute", real, axes);
    }

    private static Object broadcast(TracedArray self, @Nullable Object[] args) {
        if (!(args[0] instanceof Shape shape)) {
            return Operations.NOT_RECORDED;
        }
        return shape.equals(self.real().getShape())
                ? self.alias().array()
                : view(self, "expand", self.real().broadcast(shape), shape);
    }

    private static Object tile(TracedArray self, @Nullable Object[] args) {
        long[] repeats = repeats(self, args[0]);
        return self.tape().record("repeat", self.real().tile(repeats), self, repeats);
    }

    private static Object repeat(TracedArray self, @Nullable Object[] args) {
        long[] repeats = repeats(self, args[0]);
        NDArray result = self.array();
        for (int axis = 0; axis < repeats.length; axis++) {
            result = result.repeat(axis, repeats[axis]);
        }
        return result;
    }

    private static long[] repeats(TracedArray self, @Nullable Object given) {
        if (given instanceof long[] each) {
            return each;
        }
        long[] same = new long[Math.max(1, self.real().getShape().dimension())];
        if (given instanceof Long all) {
            Arrays.fill(same, all);
            return same;
        }
        throw new CompileException(
                "cannot compile "
                        + self.tape().source()
                        + ": tile and repeat to a shape are not recorded; give the numbers of"
                        + " repeats instead");
    }

    private static Object together(TracedArray self, String operation, @Nullable Object[] args) {
        if (!(args[0] instanceof NDList others)) {
            return Operations.NOT_RECORDED;
        }
        List<NDArray> all = new ArrayList<>();
        all.add(self.array());
        all.addAll(others);
        NDList reals = new NDList();
        others.forEach(other -> reals.add(realOf(other)));
        int axis = (Integer) args[1];
        NDArray real =
                operation.equals("stack")
                        ? self.real().getNDArrayInternal().stack(reals, axis)
                        : self.real().getNDArrayInternal().concat(reals, axis);
        return self.tape().record(operation, real, all, axis);
    }

    static NDArray realOf(NDArray array) {
        TracedArray traced = TracedArray.of(array);
        return traced == null ? array : traced.real();
    }

    /** A split is so many slices. */
    private static Object split(TracedArray self, @Nullable Object[] args) {
        int axis = (Integer) args[1];
        NDList reals =
                args[0] instanceof long[] indices
                        ? self.real().split(indices, axis)
                        : self.real().split((Long) args[0], axis);
        NDList parts = new NDList();
        long from = 0;
        for (NDArray real : reals) {
            long to = from + real.getShape().get(axis);
            parts.add(view(self, "slice", real, axis, from, to, 1));
            from = to;
        }
        return parts;
    }

    private interface Along {
        NDArray apply(int[] axes, boolean keepDims);
    }

    private static Object along(
            TracedArray self, String operation, @Nullable Object[] args, Along real) {
        int[] axes = (int[]) args[0];
        boolean keepDims = (Boolean) args[1];
        NDArray values = real.apply(axes, keepDims);
        // The engine's function returns also where it found them.
        NDArray places = values.toType(DataType.INT64, false);
        return self.tape()
                .recordAll(operation, new NDList(values, places), self, axes[0], keepDims)
                .get(0);
    }

    private static Object product(TracedArray self, @Nullable Object[] args) {
        int[] axes = (int[]) args[0];
        NDArray real = self.real().prod(axes, (Boolean) args[1]);
        return self.tape().record("prod", real, self, axes[0], args[1]);
    }

    private static Object sorted(TracedArray self, int axis) {
        NDArray values = self.real().sort(axis);
        NDArray places = self.real().argSort(axis);
        return self.tape().recordAll("sort", new NDList(values, places), self, axis, false).get(0);
    }

    // The engine's answer to ascending is the descending order turned round, or not.
    private static Object argSort(TracedArray self, @Nullable Object[] args) {
        int axis = (Integer) args[0];
        NDArray places =
                self.tape().record("argsort", self.real().argSort(axis, true), self, axis, false);
        return (Boolean) args[1] ? places : places.flip(axis);
    }

    private static Object normalize(TracedArray self, @Nullable Object[] args) {
        NDArray real = self.real();
        double p = (Double) args[0];
        long axis = (Long) args[1];
        Tape tape = self.tape();
        NDArray norm =
                tape.record(
                        "norm",
                        real.norm((int) p, new int[] {(int) axis}, true),
                        self,
                        p,
                        new long[] {axis},
                        true);
        NDArray least = norm.clip((Number) args[2], Double.POSITIVE_INFINITY);
        return self.array().div(least);
    }
}
