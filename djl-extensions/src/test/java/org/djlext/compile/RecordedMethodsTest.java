/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Methods of arrays give the engine's types, shapes, numbers and gradients when compiled. */
class RecordedMethodsTest extends ArrayTest {

    // What random programs do not call.
    private static final String UNARY =
            "acos asin atan cbrt ceil cos cosh erf erfinv exp log10 log2 round sinh sqrt tan trunc"
                    + " toDegrees toRadians prod min argMax argMin isInfinite softSign";
    private static final List<Number> NUMBERS = List.of(2, 3L, -3, 0.5f, 0.5, (byte) 2);

    private final NDArray row = manager.create(new float[] {5, 6, 7});
    private final NDArray places = manager.create(new long[] {1, 0, 2}, new Shape(3, 1));

    private Map<String, UnaryOperator<NDArray>> methods() {
        Map<String, UnaryOperator<NDArray>> all = new LinkedHashMap<>();
        for (String name : UNARY.split(" ", -1)) {
            all.put(name, x -> call(x, name));
        }
        for (Number n : NUMBERS) {
            String number = " " + n.getClass().getSimpleName() + " " + n;
            all.put("add" + number, x -> x.add(n));
            all.put("sub" + number, x -> x.sub(n));
            all.put("mul" + number, x -> x.mul(n));
            all.put("div" + number, x -> x.div(n));
            all.put("mod" + number, x -> x.mod(n));
            all.put("pow" + number, x -> x.pow(n));
            all.put("gt" + number, x -> x.gt(n));
            all.put("lte" + number, x -> x.lte(n));
            all.put("maximum" + number, x -> x.maximum(n));
            all.put("number over array" + number, x -> NDArrays.div(n, x));
            all.put("number less array" + number, x -> NDArrays.sub(n, x));
            all.put("of a scalar" + number, x -> x.sum().mul(n));
            all.put("in place" + number, x -> x.mul(1).addi(n).muli(n));
        }
        for (RandomOperations.Named each : RandomOperations.ALL) {
            if (!each.isInPlace()) {
                all.put(each.name(), x -> each.operation().apply(x, x, lastAxis(x)));
            }
        }
        for (DataType type : List.of(DataType.FLOAT64, DataType.INT64, DataType.BOOLEAN)) {
            all.put("in place with " + type, x -> x.mul(1).addi(x.mul(ones(x, type))));
            all.put("set " + type, x -> set(x, "0", x.get(0).mul(ones(x, type))));
        }
        all.put("set all", x -> set(x, "...", x.mul(3)).addi(1).add(x));
        all.put("set what is not on the tape", x -> set(x, "0", row));
        all.put("set a number", x -> set(x, "0", x.getManager().create(4.5)));
        all.put("pick", x -> x.get(new NDIndex().addAllDim().addPickDim(places)));
        all.put("take", x -> x.take(x.getManager().create(new long[] {0, 2, 1})));
        all.put("take by what is not on the tape", x -> x.take(places));
        all.put("tile of nothing", x -> nothing(x).tile(2));
        all.put("repeat of nothing", x -> nothing(x).repeat(2));
        all.put("concat of nothing", x -> nothing(x).concat(nothing(x), 3));
        all.put("concat with nothing", x -> NDArrays.concat(new NDList(nothing(x), x, x), -1));
        all.put("linear to nothing", x -> linear(x, x.get("0:0")));
        all.put("linear of a row", x -> linear(x.get("0"), x));
        all.put("dropout of nothing", x -> dropout(nothing(x), 0.3f));
        all.put("dropout of all", x -> dropout(x, 1));
        all.put("squeeze of a scalar", x -> x.sum().squeeze(new int[] {0}));
        all.put("places along an axis of a scalar", x -> x.sum().argMax(1));
        all.put("relu of zeros", x -> x.mul(0).getNDArrayInternal().relu());
        return all;
    }

    private static NDArray nothing(NDArray x) {
        return x.mul(1).reshape(-1).get("0:0");
    }

    private static NDArray linear(NDArray x, NDArray weight) {
        return x.getNDArrayInternal().linear(x, weight, null).head();
    }

    private static NDArray dropout(NDArray x, float rate) {
        return x.getNDArrayInternal().dropout(x, rate, true).head();
    }

    private static int lastAxis(NDArray x) {
        return Math.max(0, x.getShape().dimension() - 1);
    }

    static NDArray call(NDArray x, String method, NDArray... others) {
        try {
            Class<?>[] types =
                    Arrays.stream(others).map(other -> NDArray.class).toArray(Class<?>[]::new);
            return (NDArray) NDArray.class.getMethod(method, types).invoke(x, (Object[]) others);
        } catch (ReflectiveOperationException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e);
        }
    }

    private static NDArray ones(NDArray x, DataType type) {
        return x.getManager().ones(new Shape(1), type);
    }

    private static NDArray set(NDArray x, String index, NDArray value) {
        NDArray copy = x.mul(1);
        copy.set(new NDIndex(index), value);
        return copy;
    }

    @ParameterizedTest
    @CsvSource({
        "FLOAT64, 3, 3",
        "FLOAT64, 5, 0",
        "FLOAT64, 0, 0",
        "FLOAT32, 3, 3",
        "INT64, 3, 3",
        "INT64, 0, 0",
        "INT32, 3, 3",
        "UINT8, 3, 3",
        "BOOLEAN, 3, 3",
    })
    void giveWhatTheEngineGives(DataType type, int rows, int columns) throws Exception {
        Shape shape =
                columns > 0 ? new Shape(rows, columns) : rows > 0 ? new Shape(rows) : new Shape();
        Engine.getInstance().setRandomSeed(3);
        NDArray normal = manager.randomNormal(0, 6, shape, DataType.FLOAT32);
        NDArray data = type == DataType.BOOLEAN ? normal.gt(0) : normal.abs().toType(type, false);
        NDArray signed = type == DataType.UINT8 ? data : normal.toType(type, false);
        NDArray x = type == DataType.BOOLEAN ? data : signed;
        Map<String, UnaryOperator<NDArray>> possible = methods();
        possible.values().removeIf(method -> !isPossible(method, x));
        assertTrue(possible.size() > 90, () -> possible.keySet().toString());

        List<String> names = List.copyOf(possible.keySet());
        if (type.isFloating()) {
            names.forEach(name -> compare(List.of(name), possible, x));
        } else {
            compare(names, possible, x); // there are no gradients to tell apart
        }
    }

    private void compare(
            List<String> names, Map<String, UnaryOperator<NDArray>> methods, NDArray x) {
        List<UnaryOperator<NDArray>> chosen = names.stream().map(methods::get).toList();
        Engine.getInstance().setRandomSeed(9);
        NDList byEngine = byEngine(chosen, x);
        Engine.getInstance().setRandomSeed(9);
        NDList compiled = assertDoesNotThrow(() -> compiled(chosen, x), names::toString);
        double tolerance = x.getDataType() == DataType.FLOAT64 ? 1e-9 : 1e-4;
        Small.assertSame(byEngine.get(0), compiled.get(0), tolerance, names + ": gradient");
        for (int i = 0; i < names.size(); i++) {
            Small.assertSame(byEngine.get(1 + i), compiled.get(1 + i), tolerance, names.get(i));
        }
    }

    private static boolean isPossible(UnaryOperator<NDArray> method, NDArray x) {
        try {
            NDArray unused = method.apply(x);
            return true;
        } catch (RuntimeException e) {
            return false;
        }
    }

    private NDList byEngine(List<UnaryOperator<NDArray>> methods, NDArray x) {
        Block block = initialized(methods, x);
        NDArray p = Twins.parameter(block, 0).getArray();
        p.setRequiresGradient(true);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDList outputs = block.forward(new ParameterStore(manager, false), new NDList(x), true);
            collector.backward(Small.weightedSum().evaluate(new NDList(), outputs));
            NDList all = new NDList(p.getGradient());
            outputs.subNDList(1).forEach(y -> all.add(y.stopGradient()));
            return all;
        }
    }

    private NDList compiled(List<UnaryOperator<NDArray>> methods, NDArray x) {
        try (CompiledStep step = step(methods, x)) {
            NDList all = step.gradients(new StepBatch(new NDList(x), new NDList()));
            NDList found = new NDList(all.get(all.size() - 1)); // the loss is the first
            found.addAll(all.subList(2, all.size() - 1));
            return found;
        }
    }

    private CompiledStep step(List<UnaryOperator<NDArray>> methods, NDArray x) {
        return Small.step(initialized(methods, x), Small.weightedSum(), 1);
    }

    private Block initialized(List<UnaryOperator<NDArray>> methods, NDArray x) {
        Block block = block(methods, x);
        DataType type = x.getDataType().isFloating() ? x.getDataType() : DataType.FLOAT32;
        block.initialize(manager, type, x.getShape());
        return block;
    }

    /** All methods, of the data, to which a parameter of zeros is added if it is floating. */
    private static Block block(List<UnaryOperator<NDArray>> methods, NDArray x) {
        boolean isFloating = x.getDataType().isFloating();
        return Small.block(
                isFloating ? x.getShape() : new Shape(1),
                all -> {
                    NDArray p = all.get(1);
                    NDArray sum = isFloating ? all.get(0).add(p) : all.get(0);
                    NDList outputs = new NDList(p.mul(1));
                    methods.forEach(method -> outputs.add(method.apply(sum)));
                    return outputs;
                });
    }

    @Test
    void whatDoesNotFitInPlaceIsRefused() {
        NDArray x = manager.create(new long[] {1, 2});
        assertRefused(
                "an operation in place must keep the type int64, but its result is float64",
                () -> compiled(List.of(y -> y.mul(1).addi(0.5)), x));
    }

    @Test
    void arrayThatIsSetIsReadInEachCall() {
        List<Float> seen = new ArrayList<>();
        NDArray x = manager.ones(new Shape(2, 3));
        try (CompiledStep step = step(List.of(y -> set(y, "0", row)), x)) {
            for (int i = 0; i < 2; i++) {
                NDArray y = step.gradients(new StepBatch(new NDList(x), new NDList())).get(2);
                seen.add(y.getFloat(0, 0));
                row.addi(1);
            }
        }
        assertEquals(Arrays.asList(5f, 6f), seen);
    }
}
