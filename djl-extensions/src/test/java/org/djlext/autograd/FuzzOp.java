/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.djlext.torch.TorchScript;

/**
 * An operation on matrices of float64, once in operations of the engine and once with custom
 * functions. No rule multiplies by a number: DJL keeps that in memory of Java's that the graph does
 * not hold.
 *
 * @param name its name
 * @param arity how many inputs it takes
 * @param second what a second derivative through the custom form is
 * @param accepts whether it takes inputs of these shapes
 * @param plain the engine's form
 * @param custom the form with custom functions
 */
record FuzzOp(
        String name,
        int arity,
        Second second,
        Predicate<NDList> accepts,
        UnaryOperator<NDList> plain,
        UnaryOperator<NDList> custom) {

    /** What a second derivative is, from most to least. */
    enum Second {
        RIGHT,
        RIGHT_OR_REFUSED,
        ANOTHER
    }

    private static final TorchScript CASTS =
            TorchScript.compile(
                    """
                    def there_and_back(x):
                        return x.to(torch.float32).to(torch.float64)
                    """);

    static final double HOOK = 10;
    private static final double CONSTANT = 1.5;
    private static final NDIndex FIRST = new NDIndex("0:1");

    static final List<FuzzOp> ALL =
            List.of(
                    byInput("square", NDArray::square, (x, dy) -> dy.mul(x.add(x))),
                    byInput("sine", NDArray::sin, (x, dy) -> dy.mul(x.cos())),
                    byInput("cube", x -> x.mul(x).mul(x), FuzzFunctions::cubeBySquares),
                    byInput(
                            "squareSum",
                            x -> x.mul(x).sum().reshape(1, 1),
                            (x, dy) -> x.add(x).mul(dy)),
                    byInput(
                            "flat",
                            x -> x.reshape(1, x.size()),
                            (x, dy) -> dy.reshape(x.getShape())),
                    byInput("firstRow", x -> x.get(FIRST), FuzzFunctions::aboveZeros)
                            .taking(FuzzOp::hasTwoRows),
                    linear("identity", x -> x, dy -> dy),
                    linear("transpose", x -> x.transpose(), dy -> dy.transpose()),
                    linear("fuse", x -> x.add(x), FuzzFunctions::twiceUnlessArmed),
                    refusable(
                            "tanh",
                            NDArray::tanh,
                            TestFunctions.byOutput(
                                    NDArray::tanh, (y, dy) -> dy.sub(dy.mul(y).mul(y)))),
                    refusable("sinCos", x -> x.sin().mul(x.cos()), FuzzFunctions.sinCos()),
                    refusable("twiceInJava", x -> x.add(x), FuzzFunctions.twiceInJava()),
                    refusable("sineByAPass", NDArray::sin, FuzzFunctions.sineByAPass()),
                    one(
                                    "float32",
                                    in -> new NDList(CASTS.callForArray(in.get(0))),
                                    FuzzFunctions::thereAndBack)
                            .second(Second.RIGHT_OR_REFUSED),
                    rule(
                                    "parts",
                                    1,
                                    in -> halves(in.get(0).add(in.get(0))),
                                    (in, dy) -> {
                                        NDArray d = NDArrays.concat(dy);
                                        return new NDList(d.add(d));
                                    })
                            .taking(FuzzOp::hasTwoRows),
                    rule(
                            "inputAndView",
                            1,
                            in -> new NDList(in.get(0), in.get(0).reshape(1, in.get(0).size())),
                            (in, dy) -> {
                                NDArray view = dy.get(1).reshape(dy.get(0).getShape());
                                return new NDList(dy.get(0).add(view));
                            }),
                    one(
                            "statistics",
                            in -> {
                                NDArray y = in.get(0).square();
                                return new NDList(y, y.max().stopGradient().reshape(1, 1));
                            },
                            in -> {
                                NDList y = FuzzFunctions.squareAndStatistics().apply(in);
                                y.get(2).close();
                                return new NDList(y.get(0), y.get(1).reshape(1, 1));
                            }),
                    one(
                            "rows",
                            in -> new NDList(in.get(0).get(index(in.get(0)))),
                            in -> {
                                try (NDArray index = index(in.get(0))) {
                                    return FuzzFunctions.rows().apply(new NDList(in.get(0), index));
                                }
                            }),
                    one(
                            "constantOfJava",
                            in -> new NDList(in.get(0).mul(full(in.get(0), CONSTANT))),
                            in -> {
                                double[] values = new double[(int) in.get(0).size()];
                                Arrays.fill(values, CONSTANT);
                                Shape shape = in.get(0).getShape();
                                try (NDArray c = in.get(0).getManager().create(values, shape)) {
                                    return TestFunctions.product().apply(new NDList(in.get(0), c));
                                }
                            }),
                    one("hook", in -> scaledGradient(in.get(0).square()), FuzzOp::hookedSquare),
                    one(
                            "retainGrad",
                            in -> new NDList(in.get(0).square()),
                            in -> {
                                NDList y = TestFunctions.square().apply(in);
                                return Autograd.requiresGrad(y.get(0))
                                        ? new NDList(Autograd.retainGrad(y.get(0)))
                                        : y;
                            }),
                    one(
                            "inPlace",
                            in -> new NDList(in.get(0).square().mul(full(in.get(0), CONSTANT))),
                            in -> {
                                NDList y = TestFunctions.square().apply(in);
                                y.get(0).muli(full(y.get(0), CONSTANT));
                                return y;
                            }),
                    two("product", (a, b) -> a.mul(b), TestFunctions.product()),
                    two(
                                    "productOfAConstant",
                                    (a, b) -> a.mul(b.stopGradient()),
                                    FuzzFunctions.productOfAConstant())
                            .second(Second.ANOTHER),
                    rule(
                            "sum",
                            2,
                            in -> new NDList(in.get(0).add(in.get(1))),
                            (in, dy) -> new NDList(dy.get(0), dy.get(0))),
                    rule(
                            "difference",
                            2,
                            in -> new NDList(in.get(0).sub(in.get(1))),
                            (in, dy) -> new NDList(dy.get(0), dy.get(0).neg())),
                    two("matMul", (a, b) -> a.matMul(b), TestFunctions.matMul())
                            .taking(
                                    in ->
                                            in.get(0).getShape().get(1)
                                                    == in.get(1).getShape().get(0)),
                    productAndSum("productAndSum", true),
                    productAndSum("productAndSumOrNull", false),
                    new FuzzOp(
                                    "checkpoint",
                                    2,
                                    in -> new NDList(in.get(0).mul(in.get(1)).sin()),
                                    FuzzFunctions::checkpoint)
                            .second(Second.RIGHT_OR_REFUSED));

    /** An operation with a wrong rule, which the fuzzer must find. */
    static final FuzzOp WRONG = linear("wrong", x -> x, dy -> dy.mul(7));

    /** An operation on matrices of one shape, whose second derivative is right. */
    private FuzzOp(
            String name, int arity, UnaryOperator<NDList> plain, UnaryOperator<NDList> custom) {
        this(name, arity, Second.RIGHT, FuzzOp::sameShapes, plain, custom);
    }

    private FuzzOp second(Second other) {
        return new FuzzOp(name, arity, other, accepts, plain, custom);
    }

    private FuzzOp taking(Predicate<NDList> shapes) {
        return new FuzzOp(name, arity, second, shapes, plain, custom);
    }

    /** An operation whose custom function has the same forward, and a rule of the inputs. */
    private static FuzzOp rule(
            String name,
            int arity,
            UnaryOperator<NDList> forward,
            BinaryOperator<NDList> backward) {
        AutogradFunction custom =
                TestFunctions.of(
                        (ctx, in) -> {
                            ctx.saveForBackward(in.toArray(NDArray[]::new));
                            return forward.apply(in);
                        },
                        (ctx, dy) -> backward.apply(ctx.savedTensors(), dy));
        return new FuzzOp(name, arity, forward, custom::apply);
    }

    private static FuzzOp byInput(
            String name, UnaryOperator<NDArray> f, BinaryOperator<NDArray> rule) {
        return unary(name, f, TestFunctions.of(f, rule));
    }

    private static FuzzOp linear(
            String name, UnaryOperator<NDArray> f, UnaryOperator<NDArray> rule) {
        return unary(name, f, TestFunctions.linear(f, rule));
    }

    private static FuzzOp refusable(
            String name, UnaryOperator<NDArray> plain, AutogradFunction custom) {
        return unary(name, plain, custom).second(Second.RIGHT_OR_REFUSED);
    }

    private static FuzzOp unary(
            String name, UnaryOperator<NDArray> plain, AutogradFunction custom) {
        return one(name, in -> new NDList(plain.apply(in.get(0))), custom::apply);
    }

    private static FuzzOp one(
            String name, UnaryOperator<NDList> plain, UnaryOperator<NDList> custom) {
        return new FuzzOp(name, 1, plain, custom);
    }

    private static FuzzOp two(String name, BinaryOperator<NDArray> plain, AutogradFunction custom) {
        return new FuzzOp(
                name, 2, in -> new NDList(plain.apply(in.get(0), in.get(1))), custom::apply);
    }

    private static FuzzOp productAndSum(String name, boolean materialize) {
        return new FuzzOp(
                name,
                2,
                in -> new NDList(in.get(0).mul(in.get(1)), in.get(0).add(in.get(1))),
                TestFunctions.productAndSum(materialize, dy -> {})::apply);
    }

    private static boolean hasTwoRows(NDList in) {
        return in.get(0).getShape().get(0) > 1;
    }

    private static boolean sameShapes(NDList in) {
        return in.get(0).getShape().equals(in.get(in.size() - 1).getShape());
    }

    /** Views of one array. */
    private static NDList halves(NDArray h) {
        return new NDList(h.get(FIRST), h.get(new NDIndex("1:")));
    }

    /** The last row, the first, and the last again. */
    private static NDArray index(NDArray x) {
        long last = x.getShape().get(0) - 1;
        return x.getManager().create(new long[] {last, 0, last});
    }

    /** A constant in the engine's own memory. */
    private static NDArray full(NDArray like, double value) {
        return like.getManager().full(like.getShape(), (float) value, DataType.FLOAT64);
    }

    private static NDList hookedSquare(NDList in) {
        NDArray y = TestFunctions.square().apply(in.get(0));
        if (Autograd.requiresGrad(y)) {
            NDArray factor = full(y, HOOK);
            Autograd.onGradient(y, g -> null).close();
            Autograd.onGradient(y, g -> g.mul(factor));
        }
        return new NDList(y);
    }

    /** y with 10 times its gradient: 10 y - 9 y, where the second is a constant. */
    private static NDList scaledGradient(NDArray y) {
        NDArray ten = y.mul(full(y, HOOK));
        return new NDList(ten.sub(y.mul(full(y, HOOK - 1)).stopGradient()));
    }

    @Override
    public String toString() {
        return name;
    }
}
