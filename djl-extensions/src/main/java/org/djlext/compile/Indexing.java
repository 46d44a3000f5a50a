/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.index.dim.NDIndexAll;
import ai.djl.ndarray.index.dim.NDIndexElement;
import ai.djl.ndarray.index.dim.NDIndexFixed;
import ai.djl.ndarray.index.dim.NDIndexNull;
import ai.djl.ndarray.index.dim.NDIndexPick;
import ai.djl.ndarray.index.dim.NDIndexSlice;
import ai.djl.ndarray.index.dim.NDIndexTake;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Parts of arrays: {@code get}, {@code set}, {@code gather} and {@code scatter}. */
final class Indexing {

    private Indexing() {}

    static void addTo(Map<String, Operations.Rule> rules) {
        rules.put("get/2", Indexing::get);
        rules.put("set/2", Indexing::set);
        rules.put("gather/2", Indexing::gather);
        rules.put("scatter/3", Indexing::scatter);
        rules.put("take/2", Indexing::take);
        rules.put("embedding/3", Indexing::embedding);
    }

    private static Object get(MethodCall call) {
        if (call.arg(1) instanceof NDIndex index) {
            return get(call.self(), index);
        }
        return call.arg(1) instanceof long[] indices
                ? get(call.self(), new NDIndex(indices))
                : Operations.NOT_RECORDED;
    }

    private static NDArray get(TracedArray self, NDIndex index) {
        TracedArray current = self;
        int axis = 0;
        for (NDIndexElement element : elements(self, index)) {
            if (element instanceof NDIndexAll) {
                axis++;
            } else if (element instanceof NDIndexFixed fixed) {
                current = traced(select(current, axis, fixed.getIndex()));
            } else if (element instanceof NDIndexSlice slice) {
                current = traced(slice(current, axis++, slice));
            } else if (element instanceof NDIndexNull) {
                current = traced(current.array().expandDims(axis++));
            } else if (element instanceof NDIndexPick pick) {
                current = traced(pick(current, axis++, pick.getIndex()));
            } else if (element instanceof NDIndexTake take) {
                current = traced(takeRows(current, axis, take.getIndex()));
                axis += take.getIndex().getShape().dimension();
            } else {
                throw CompileException.at(
                        self.tape().source(),
                        "the shape of get with a mask depends on values; use NDArrays.where"
                                + " instead");
            }
        }
        return current == self ? self.alias().array() : current.array();
    }

    /** The elements of an index, with whole axes for an ellipsis. */
    private static List<NDIndexElement> elements(TracedArray self, NDIndex index) {
        List<NDIndexElement> elements = new ArrayList<>(index.getIndices());
        long taken = elements.stream().filter(NDIndexTake.class::isInstance).count();
        if (taken > 1) {
            throw CompileException.at(
                    self.tape().source(),
                    "an index of several arrays is not recorded; use one, or gather, instead");
        }
        if (index.getEllipsisIndex() >= 0) {
            int missing = self.real().getShape().dimension() - index.getRank();
            for (int i = 0; i < missing; i++) {
                elements.add(index.getEllipsisIndex(), new NDIndexAll());
            }
        }
        return elements;
    }

    private static TracedArray traced(NDArray array) {
        return TracedArray.required(array, "an index");
    }

    private static NDArray select(TracedArray self, int axis, long place) {
        return self.tape().call("select", self.array(), axis, place).head();
    }

    private static NDArray slice(TracedArray self, int axis, NDIndexSlice slice) {
        Bounds in = Bounds.of(self, axis, slice);
        return self.tape().call("slice", self.array(), axis, in.from, in.to, in.step).head();
    }

    private record Bounds(long from, long to, long step) {

        static Bounds of(TracedArray self, int axis, NDIndexSlice slice) {
            return new Bounds(
                    slice.getMin() == null ? 0 : slice.getMin(),
                    slice.getMax() == null ? self.real().getShape().get(axis) : slice.getMax(),
                    slice.getStep() == null ? 1 : slice.getStep());
        }
    }

    /** Rows, or what lies along an axis, in the order of an index of any shape. */
    private static NDArray takeRows(TracedArray self, int axis, NDArray index) {
        NDArray whole = long64(self, index);
        Shape shape = whole.getShape();
        NDArray flat = whole.reshape(shape.size());
        NDArray rows = self.tape().call("index_select", self.array(), axis, flat).head();
        if (shape.dimension() == 1) {
            return rows;
        }
        Shape all = self.real().getShape();
        return rows.reshape(all.slice(0, axis).addAll(shape).addAll(all.slice(axis + 1)));
    }

    /** One element along an axis; the axis stays, of size 1. */
    private static NDArray pick(TracedArray self, int axis, NDArray given) {
        NDArray index = self.tape().known(given).array();
        Shape shape = self.real().getShape();
        Shape places = index.getShape();
        if (places.dimension() < shape.dimension()) {
            for (int i = 0; i + places.dimension() <= shape.dimension(); i++) {
                if (places.equals(shape.slice(i, i + places.dimension()))) {
                    Shape expanded = new Shape();
                    for (int a = 0; a < shape.dimension(); a++) {
                        boolean inside = a >= i && a < i + places.dimension();
                        expanded = expanded.add(inside ? shape.get(a) : 1);
                    }
                    return self.array().gather(index.reshape(expanded), axis);
                }
            }
        }
        return self.array().gather(index, axis);
    }

    private static NDArray long64(TracedArray self, NDArray index) {
        return Conversions.toLong(self.tape().known(index));
    }

    // The rows of a plain list of places can go into memory from before the loop.
    private static Object embedding(MethodCall call) {
        TracedArray table = call.self().tape().known(call.array(1));
        return new NDList(takeRows(table, 0, call.array(0)));
    }

    private static Object gather(MethodCall call) {
        NDArray index = long64(call.self(), call.array(0));
        Object axis = call.arg(1);
        return call.with(index, axis).record("gather", call.self(), axis, index);
    }

    private static Object scatter(MethodCall call) {
        NDArray index = long64(call.self(), call.array(0));
        Object values = call.arg(1);
        Object axis = call.arg(2);
        return call.with(index, values, axis).record("scatter", call.self(), axis, index, values);
    }

    private static Object take(MethodCall call) {
        NDArray index = long64(call.self(), call.array(1));
        NDManager manager = call.self().real().getManager();
        return call.with(manager, index).record("take", call.self(), index);
    }

    private static @Nullable Object set(MethodCall call) {
        TracedArray self = call.self();
        Object given = call.arg(1);
        if (!(call.arg(0) instanceof NDIndex index)
                || !(given instanceof NDArray || given instanceof Number)) {
            return Operations.NOT_RECORDED;
        }
        NDArray value =
                given instanceof Number number
                        ? self.tape().manager().scalar(number)
                        : (NDArray) given;
        NDArray before = new TracedArray(self.tape(), self.read(), self.real()).array();
        self.overwrite(written(traced(before), elements(self, index), 0, 0, value));
        return null;
    }

    /** A new array with other numbers in a part of it. */
    private static NDArray written(
            TracedArray self, List<NDIndexElement> elements, int next, int axis, NDArray value) {
        if (next == elements.size()) {
            Shape place = self.real().getShape();
            NDArray cast = Conversions.cast(self.tape().known(value), self.real().getDataType());
            // The engine leaves out axes of size 1 that come first.
            Shape shape = cast.getShape();
            int more = Math.max(0, shape.dimension() - place.dimension());
            return cast.reshape(shape.slice(more)).broadcast(place);
        }
        NDIndexElement element = elements.get(next);
        if (element instanceof NDIndexAll) {
            return written(self, elements, next + 1, axis + 1, value);
        }
        NDArray part;
        if (element instanceof NDIndexFixed fixed) {
            long place = fixed.getIndex();
            part = written(traced(select(self, axis, place)), elements, next + 1, axis, value);
            return self.tape().call("select_scatter", self.array(), part, axis, place).head();
        }
        if (element instanceof NDIndexSlice slice) {
            Bounds in = Bounds.of(self, axis, slice);
            part = written(traced(slice(self, axis, slice)), elements, next + 1, axis + 1, value);
            return self.tape()
                    .call("slice_scatter", self.array(), part, axis, in.from, in.to, in.step)
                    .head();
        }
        throw CompileException.at(
                self.tape().source(),
                "set is recorded for numbers and slices; use NDArrays.where or scatter instead");
    }
}
