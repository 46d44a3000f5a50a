/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;

/** What {@link RandomProgramsTest} makes its programs of. */
final class RandomOperations {

    /** Computes an array of one or two others, and a number from 0 to 3. */
    interface Operation {
        NDArray apply(NDArray a, NDArray b, int n);
    }

    /** An operation with its name; it changes an operand if the name ends with an exclamation. */
    record Named(String name, Operation operation) {
        boolean isInPlace() {
            return name.endsWith("!");
        }
    }

    // Methods of an array, and of an array and another.
    private static final String OF_ONE =
            "neg abs square sin floor sign logicalNot isNaN any all log transpose"
                    + " flatten squeeze stopGradient duplicate sum mean max zerosLike onesLike"
                    + " tanh";
    private static final String OF_TWO =
            "add sub mul maximum minimum matMul dot atan2 gt eq logicalAnd" + " logicalOr div";

    /** All operations. */
    static final List<Named> ALL = new ArrayList<>();

    static {
        for (String name : OF_ONE.split(" ", -1)) {
            add(name, (a, b, n) -> RecordedMethodsTest.call(a, name));
        }
        for (String name : OF_TWO.split(" ", -1)) {
            add(name, (a, b, n) -> RecordedMethodsTest.call(a, name, b));
        }
        arithmetic();
        numbers();
        comparisons();
        views();
        inPlace();
        reductions();
        indexing();
        types();
        unary();
        RandomLayers.addAll();
    }

    private RandomOperations() {}

    static void add(String name, Operation operation) {
        ALL.add(new Named(name, operation));
    }

    private static void arithmetic() {
        add("div", (a, b, n) -> a.div(b.abs().add(1)));
        add("mulSame", (a, b, n) -> a.mul(a));
        add("mod", (a, b, n) -> a.mod(n + 2));
        add("addNumber", (a, b, n) -> a.add(n));
        add("addDouble", (a, b, n) -> a.add(n * 0.5));
        add("mulNumber", (a, b, n) -> a.mul(n));
        add("mulFloat", (a, b, n) -> a.mul(0.5f * n));
        add("divNumber", (a, b, n) -> a.div(n + 1));
        add("numberLess", (a, b, n) -> NDArrays.sub(n, a));
        add("numberOver", (a, b, n) -> NDArrays.div(n, a.abs().add(1)));
        add("pow", (a, b, n) -> a.pow(n));
        add("powArray", (a, b, n) -> a.abs().add(1).pow(b.clip(-2, 2)));
        add("numberToThe", (a, b, n) -> NDArrays.pow(2, a.clip(-3, 3)));
        add("sqrt", (a, b, n) -> a.abs().add(0.1).sqrt());
        add("log", (a, b, n) -> a.abs().add(0.1).log());
        add("exp", (a, b, n) -> a.clip(-3, 3).exp());
        add("clip", (a, b, n) -> a.clip(-n, n));
        add("matMulT", (a, b, n) -> a.matMul(b.transpose()));
        add("uniform", RandomOperations::uniform);
        add("normal", (a, b, n) -> a.add(a.getManager().randomNormal(a.getShape())));
        add("rsub", (a, b, n) -> NDArrays.sub(b, a));
        add("xlogy", (a, b, n) -> a.xlogy(b.abs().add(1)));
        add("batchMatMul", (a, b, n) -> a.stack(a).batchMatMul(b.stack(b)));
    }

    /** Numbers of each kind in Java, with and without an exact value in float32. */
    private static void numbers() {
        Number[] numbers = {3, 5L, 0.1f, 0.1, -2, 1e-9, (byte) 2, (short) 1, 16_777_217, -0.0};
        for (Number number : numbers) {
            String kind = number.getClass().getSimpleName() + " " + number + " ";
            add(kind + "add", (a, b, n) -> a.add(number));
            add(kind + "sub", (a, b, n) -> NDArrays.sub(number, a));
            add(kind + "mul", (a, b, n) -> a.mul(number));
            add(kind + "gt", (a, b, n) -> a.gt(number));
            add(kind + "maximum", (a, b, n) -> a.maximum(number));
            add(kind + "muli", (a, b, n) -> a.mul(1).muli(number));
        }
    }

    private static NDArray uniform(NDArray a, NDArray b, int n) {
        return a.mul(a.getManager().randomUniform(0, n + 1, a.getShape(), DataType.FLOAT64));
    }

    private static void comparisons() {
        add("lteNumber", (a, b, n) -> a.lte(n - 1));
        add("where", (a, b, n) -> NDArrays.where(a.gt(0), a, b));
        add("whereMask", (a, b, n) -> NDArrays.where(b, a, a.mul(n)));
        add("eqNumber", (a, b, n) -> a.eq(n));
        add("countMask", (a, b, n) -> a.gt(b).sum());
        add("maskTimes", (a, b, n) -> a.mul(b.gt(0)));
        add("finite", (a, b, n) -> NDArrays.where(a.isNaN(), a.zerosLike(), a));
    }

    private static void views() {
        add("swapAxes", (a, b, n) -> a.swapAxes(0, -1));
        add("reshape", (a, b, n) -> a.reshape(-1, n + 1));
        add("reshapeLike", (a, b, n) -> a.reshape(b.getShape()));
        add("expandDims", (a, b, n) -> a.expandDims(n - 2));
        add("broadcast", (a, b, n) -> a.broadcast(b.getShape()));
        add("broadcastMore", (a, b, n) -> a.broadcast(new Shape(n).addAll(a.getShape())));
        add("split", (a, b, n) -> a.split(2, n - 2).get(n % 2));
        add("splitOne", (a, b, n) -> a.split(new long[] {1}, n - 2).get(n % 2));
        add("flip", (a, b, n) -> a.flip(n - 2));
        add("repeat", (a, b, n) -> a.repeat(n - 2, 2));
        add("tile", (a, b, n) -> a.tile(n));
        add("concat", (a, b, n) -> a.concat(b, n - 2));
        add("concatSame", (a, b, n) -> NDArrays.concat(new NDList(a, b, a), -1));
        add("stack", (a, b, n) -> a.stack(b, n - 2));
        add("parts", (a, b, n) -> parts(a.split(new long[] {1, 2}, n % 2), n));
        add("flipBoth", (a, b, n) -> a.flip(0, -1));
        add("permute", (a, b, n) -> a.expandDims(0).transpose(1, 0, 2).squeeze(new int[] {1}));
        add("broadcastOne", (a, b, n) -> a.expandDims(1).mul(b.expandDims(0)));
        add("viewOfView", (a, b, n) -> a.transpose().get(new NDIndex("1:")).transpose().flatten());
        add("pad", (a, b, n) -> a.pad(new Shape(n, 1), 0.5));
    }

    private static NDArray parts(NDList parts, int n) {
        return n < 2 ? parts.get(1).concat(parts.get(0), -1) : parts.get(2).mul(parts.get(1));
    }

    private static void inPlace() {
        add("addi!", (a, b, n) -> a.addi(b));
        add("muli!", (a, b, n) -> a.muli(b));
        add("divi!", (a, b, n) -> a.divi(n + 1));
        add("copyAddi", (a, b, n) -> a.mul(1).addi(b));
        add("setNumber!", (a, b, n) -> set(a, new NDIndex(n % 3), b.getManager().create(0.5)));
        add("setRow", (a, b, n) -> set(a.mul(1), new NDIndex(n), b));
        add("setRows", (a, b, n) -> set(a.mul(1), new NDIndex("{}:", n), b));
        add("setColumn!", (a, b, n) -> set(a, new NDIndex(":, {}", n), b));
        add("setView", (a, b, n) -> set(a.mul(1).transpose(), new NDIndex(n), b));
        add("subi!", (a, b, n) -> a.subi(b));
        add("negi", (a, b, n) -> a.mul(1).negi());
        add("powi", (a, b, n) -> a.mul(1).powi(n));
        add("modi", (a, b, n) -> a.mul(1).modi(n + 1));
        add("setSteps", (a, b, n) -> set(a.mul(1), new NDIndex("::2"), b));
        add("setPart", (a, b, n) -> set(a.mul(1), new NDIndex("1:, {}:", n), b));
        add("setLast", (a, b, n) -> set(a.mul(1), new NDIndex("..., -1"), b));
        add("setScalar", (a, b, n) -> setNumber(a.mul(1), new NDIndex(n % 3), 0.1));
        add("setInView", (a, b, n) -> set(a.mul(1).get(new NDIndex("1:")), new NDIndex(0), b));
        // Statistics, whose new value has no gradient.
        add("average!", (a, b, n) -> a.muli(0.5).addi(b.stopGradient().mul(0.5)));
        add("replace!", (a, b, n) -> set(a, new NDIndex("..."), b.stopGradient()));
    }

    private static NDArray set(NDArray array, NDIndex index, NDArray value) {
        array.set(index, value);
        return array;
    }

    private static NDArray setNumber(NDArray array, NDIndex index, Number value) {
        array.set(index, value);
        return array;
    }

    private static void reductions() {
        add("sumAxis", (a, b, n) -> a.sum(new int[] {n - 2}));
        add("sumAxes", (a, b, n) -> a.sum(new int[] {0, -1}, n == 0));
        add("sumNoAxes", (a, b, n) -> a.sum(new int[0]));
        add("meanAxis", (a, b, n) -> a.mean(new int[] {n - 2}, true));
        add("maxAxis", (a, b, n) -> a.max(new int[] {n - 2}, n > 1));
        add("minAxis", (a, b, n) -> a.min(new int[] {n - 2}));
        add("prod", (a, b, n) -> a.prod(new int[] {n - 2}));
        add("argMax", (a, b, n) -> a.argMax(n - 2));
        add("norm", (a, b, n) -> a.add(0.1).norm(new int[] {n - 2}));
        add("cumSum", (a, b, n) -> a.cumSum(n - 2));
        add("sort", (a, b, n) -> a.sort(n - 2));
        add("argSort", (a, b, n) -> a.argSort(n - 2));
        add("sortTwice", (a, b, n) -> a.sort(n).sort(-1));
        add("argSortDown", (a, b, n) -> a.argSort(n - 2, false));
        add("topK", (a, b, n) -> a.topK(2, n - 2, n % 2 == 0, true).get(0));
        add("topKPlaces", (a, b, n) -> a.topK(2, n - 2, true, true).get(1));
        add("cumProd", (a, b, n) -> a.cumProd(n - 2));
        add("argMin", (a, b, n) -> a.argMin(n - 2));
        add("meanAxes", (a, b, n) -> a.mean(new int[] {0, -1}, n > 1));
        add("sumAll", (a, b, n) -> a.sum(new int[] {-1, 0}, true));
        add("minKept", (a, b, n) -> a.min(new int[] {n - 2}, true));
        add("variance", (a, b, n) -> a.sub(a.mean(new int[] {0}, true)).square().mean());
        add("softmax", (a, b, n) -> a.softmax(n - 2));
        add("logSoftmax", (a, b, n) -> a.logSoftmax(-1));
    }

    private static void indexing() {
        add("row", (a, b, n) -> a.get(new NDIndex(n)));
        add("column", (a, b, n) -> a.get(new NDIndex(":, {}", -n)));
        add("last", (a, b, n) -> a.get(new NDIndex("..., -1")));
        add("slice", (a, b, n) -> a.get(new NDIndex("{}:", n)));
        add("none", (a, b, n) -> a.get(new NDIndex("0:0")));
        add("steps", (a, b, n) -> a.get(new NDIndex("::2")));
        add("take", (a, b, n) -> filled(a).get(new NDIndex("{}", b.abs())));
        add("takeColumns", (a, b, n) -> filled(a).get(new NDIndex(":, {}", b.abs())));
        add("pick", (a, b, n) -> a.get(new NDIndex().addAllDim().addPickDim(b)));
        add("gather", (a, b, n) -> a.gather(b, n - 2));
        add("element", (a, b, n) -> a.get(new NDIndex("{}, {}", n % 3, -1)));
        add("lastRows", (a, b, n) -> a.get(new NDIndex("-2:")));
        add("inner", (a, b, n) -> a.get(new NDIndex(":, {}:-1", n % 2)));
        add("shared", (a, b, n) -> a.get(new NDIndex("1:")).mul(a.get(new NDIndex(":-1"))));
        add("takeFlat", (a, b, n) -> a.take(b.abs()));
        add("scatter", (a, b, n) -> a.mul(0).scatter(a.argSort(0), b, 0));
        add(
                "rowsTwice",
                (a, b, n) -> a.get(new NDIndex("{}", a.getManager().create(new long[] {1, 0, 1}))));
        add("oneHot", (a, b, n) -> a.oneHot(n + 3));
        add("embedding", (a, b, n) -> a.getNDArrayInternal().embedding(b, a, null).head());
    }

    // The engine takes any place of an array without elements for one of its places.
    static NDArray filled(NDArray array) {
        if (array.isEmpty()) {
            throw new IllegalArgumentException("an array with elements");
        }
        return array;
    }

    private static void types() {
        add("toFloat", (a, b, n) -> a.toType(DataType.FLOAT32, false));
        add("toDouble", (a, b, n) -> a.toType(DataType.FLOAT64, false));
        add("toLong", (a, b, n) -> a.toType(DataType.INT64, false));
        add("toInt", (a, b, n) -> a.toType(DataType.INT32, false));
        add("toBoolean", (a, b, n) -> a.toType(DataType.BOOLEAN, false));
        add("toByte", (a, b, n) -> a.abs().toType(DataType.UINT8, false));
        add("full", (a, b, n) -> a.getManager().full(new Shape(3, 1), 0.1f));
        add("arange", (a, b, n) -> a.getManager().arange(n + 1).toType(DataType.FLOAT64, false));
    }

    private static void unary() {
        add("round", (a, b, n) -> a.round());
        add("trunc", (a, b, n) -> a.trunc());
        add("cos", (a, b, n) -> a.cos());
        add("cosh", (a, b, n) -> a.clip(-2, 2).cosh());
        add("asin", (a, b, n) -> a.clip(-0.9, 0.9).asin());
        add("atan", (a, b, n) -> a.atan());
        add("erf", (a, b, n) -> a.erf());
        add("cbrt", (a, b, n) -> a.abs().add(0.1).cbrt());
        add("log2", (a, b, n) -> a.abs().add(1).log2());
        add("toRadians", (a, b, n) -> a.toRadians());
        add("gammaln", (a, b, n) -> a.abs().add(1).gammaln());
        add("normAll", (a, b, n) -> a.add(0.1).norm(n > 1));
        add("normalize", (a, b, n) -> a.add(0.1).normalize(2, n - 2));
        add("xor", (a, b, n) -> a.logicalXor(b));
        add("neq", (a, b, n) -> a.neq(b));
        add("newAxis", (a, b, n) -> a.get(new NDIndex(":, null")));
    }
}
