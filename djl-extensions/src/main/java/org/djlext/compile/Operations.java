/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.types.DataType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What each method of NDArray and NDArrayEx is called in a script.
 *
 * <p>A method whose arguments go into the call as they are is a line of a table; others have a
 * {@link Rule} of their own. What is in neither, and is no default method made of these, cannot be
 * compiled.
 */
final class Operations {

    /** Says that a method is not in here. */
    static final Object NOT_RECORDED = new Object();

    /** How a method is recorded. */
    interface Rule {
        /**
         * Returns its result, or {@link #NOT_RECORDED} for an overload that is a default method.
         */
        @Nullable Object apply(MethodCall call);
    }

    // The method, then the call: x is the array and a, b, .. are the arguments as they are. An
    // argument that x is combined with is y, or a capital letter if it has to be an array also
    // where Java gives a number; # is the number of axes of an image. Lines of the same names on
    // both sides are written as names alone.
    private static final String UNARY =
            "abs acos asin atan ceil cos cosh erf erfinv exp floor inverse log log10 log2 neg"
                    + " round selu sigmoid sign sin sinh sqrt square sum mean prod max min tan tanh"
                    + " trunc real conj argmax:argMax argmin:argMin softplus:softPlus gelu"
                    + " isnan:isNaN isinf:isInfinite lgamma:gammaln logical_not:logicalNot"
                    + " diagonal";
    private static final String BINARY =
            "add sub mul div pow eq ne:neq gt ge:gte lt le:lte remainder:mod"
                    + " bmm:batchMatMul logical_and:logicalAnd logical_or:logicalOr"
                    + " logical_xor:logicalXor";
    private static final String WITH_SETTING =
            "cumsum:cumSum cumprod:cumProd leaky_relu:leakyRelu elu flip";
    private static final String OTHERS =
            """
            maximum(A)      maximum(x, A)
            minimum(A)      minimum(x, A)
            xlogy(A)        xlogy(x, A)
            atan2(A)        atan2(x, A)
            sum(a, b)       sum(x, a, b)
            mean(a, b)      mean(x, a, b)
            relu()          clamp_min(x, 0)
            clip(a, b)      clamp(x, a, b)
            softmax(a)      _softmax(x, a, False)
            logSoftmax(a)   _log_softmax(x, a, False)
            pad(a, b)       constant_pad_nd(x, a, b)
            norm(a, b, c)   norm(x, a, b, c)
            where(a, b)     where(a, x, b)
            diagonal(a)     diagonal(x, a)
            diagonal(a, b, c)  diagonal(x, a, b, c)
            repeat(a, b)    repeat_interleave(x, b, a)
            swapAxes(a, b)  transpose(x, a, b)
            linear(a, b, c) linear(a, b, c)
            topK(a, b, c, d)  topk(x, a, b, c, d)
            convolution(a, b, c, d, e, f, g)  conv#d(a, b, c, d, e, f, g)
            maxPool(a, b, c, d)  max_pool#d(x, a, b, c, 1, d)
            avgPool(a, b, c, d, e)  avg_pool#d(x, a, b, c, d, True)
            gru(a, b, c, d, e, f, g, h, i)  gru(a, b, c, d, e, f, g, h, i)
            lstm(a, b, c, d, e, f, g, h, i)  lstm(a, b, c, d, e, f, g, h, i)
            """;

    private static final Pattern LINE = Pattern.compile("(\\w+)\\((.*?)\\) +([\\w#]+)\\((.*)\\)");
    private static final Map<String, Rule> RULES = new HashMap<>();

    static {
        for (String names : List.of(UNARY.split(" ", -1))) {
            addLine(names, "()", "(x)");
        }
        for (String names : List.of(BINARY.split(" ", -1))) {
            addLine(names, "(a)", "(x, y)");
        }
        for (String names : List.of(WITH_SETTING.split(" ", -1))) {
            addLine(names, "(a)", "(x, a)");
        }
        OTHERS.lines().forEach(Operations::addLine);
        RULES.put("setRequiresGradient/1", Operations::requireGradient);
        // What the engine, too, makes of other methods.
        RULES.put("cbrt/0", call -> call.array().pow(1.0 / 3));
        RULES.put("toDegrees/0", call -> call.array().mul(180.0).div(Math.PI));
        RULES.put("toRadians/0", call -> call.array().mul(Math.PI).div(180.0));
        RULES.put(
                "dot/1",
                call ->
                        call.shape().dimension() == 1
                                ? call.record("dot", call.self(), call.arg(0))
                                : call.array().matMul(call.array(0)));
        Conversions.addTo(RULES);
        Shapes.addTo(RULES);
        Indexing.addTo(RULES);
        Networks.addTo(RULES);
        Reads.addTo(RULES);
    }

    private Operations() {}

    private static void addLine(String names, String java, String script) {
        String[] both = names.split(":", -1);
        addLine(both[both.length - 1] + java + " " + both[0] + script);
    }

    private static void addLine(String line) {
        Matcher matcher = LINE.matcher(line);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a line of the table: " + line);
        }
        String operation = matcher.group(3);
        List<String> arguments = split(matcher.group(4));
        RULES.put(
                key(matcher.group(1), split(matcher.group(2)).size()),
                call ->
                        call.record(
                                operation.replace("#", axes(call)),
                                arguments.stream().map(text -> argument(call, text)).toArray()));
    }

    private static String axes(MethodCall call) {
        return Integer.toString(call.shape().dimension() - 2); // beside examples and channels
    }

    private static List<String> split(String text) {
        return text.isEmpty() ? List.of() : List.of(text.split(", "));
    }

    /** Returns what stands in a call for an argument of the table. */
    private static @Nullable Object argument(MethodCall call, String text) {
        char letter = text.charAt(0);
        if (text.length() > 1 || !Character.isLetter(letter)) {
            return text;
        }
        if (letter == 'x') {
            return call.self();
        }
        Object given = call.args().get(letter == 'y' ? 0 : Character.toLowerCase(letter) - 'a');
        boolean isArray =
                given instanceof Number number
                        && (Character.isUpperCase(letter)
                                || (letter == 'y' && !isOfSameType(call.self(), number)));
        return isArray ? call.self().tape().manager().scalar((Number) given) : given;
    }

    /**
     * Tells whether the script computes in the same type as the engine where a number is written
     * out. DJL makes an array of it: one of no axes gives its type to another of no axes.
     */
    private static boolean isOfSameType(TracedArray self, Number number) {
        DataType type = self.real().getDataType();
        if (self.real().getShape().dimension() == 0) {
            return type == DataType.FLOAT64
                    || (type == DataType.FLOAT32 && !(number instanceof Double));
        }
        boolean isWhole = number instanceof Integer || number instanceof Long;
        // No power of whole numbers takes a negative one that is not an array.
        return type.isFloating() || (type.isInteger() && isWhole && number.longValue() >= 0);
    }

    private static @Nullable Object requireGradient(MethodCall call) {
        if (!call.arg(0).equals(true)) {
            throw call.notRecorded("use stopGradient for setRequiresGradient(false)");
        }
        call.self().requireGradient();
        return null;
    }

    /** The key of a method in the table: its name and how many arguments it has. */
    private static String key(String name, int arguments) {
        return name + "/" + arguments;
    }

    /** Does a method on the tape, or returns {@link #NOT_RECORDED}. */
    static @Nullable Object apply(MethodCall call) {
        Rule rule = RULES.get(key(call.name(), call.args().size()));
        return rule == null ? NOT_RECORDED : rule.apply(call);
    }

    /** Returns the error for a method that cannot be recorded. */
    static CompileException notRecorded(MethodCall call) {
        String name = call.name();
        String instead =
                switch (name) {
                    case "booleanMask", "nonzero", "unique" ->
                            "its shape would depend on values; use NDArrays.where instead";
                    case "set", "intern" -> "use an operation that returns a new array instead";
                    case "getGradient" ->
                            "gradients are computed for the parameters of the block; use"
                                    + " Autograd.grad for others";
                    case "sgdUpdate", "adamUpdate", "adagradUpdate", "rmspropUpdate", "nagUpdate" ->
                            "give the optimizer to CompiledStep instead";
                    default -> "use other methods of NDArray instead";
                };
        return call.notRecorded(instead);
    }
}
