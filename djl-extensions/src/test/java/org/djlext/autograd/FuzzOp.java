/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.djlext.torch.TorchScript;

/**
 * An operation on matrices of float64, once in operations of the engine and once with custom
 * functions.
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

    /** An operation with a wrong rule, which the fuzzer must find. */
    static final String WRONG = "wrong";

    static final double HOOK = 10;
    private static final double CONSTANT = 1.5;

    static final List<FuzzOp> ALL =
            List.of(
                    unary("square", Second.RIGHT, NDArray::square, TestFunctions.square()),
                    unary("sine", Second.RIGHT, NDArray::sin, FuzzFunctions.sine()),
                    unary("tanh", Second.RIGHT_OR_REFUSED, NDArray::tanh, FuzzFunctions.tanh()),
                    unary(
                            "sinCos",
                            Second.RIGHT_OR_REFUSED,
                            x -> x.sin().mul(x.cos()),
                            FuzzFunctions.sinCos()),
                    unary("identity", Second.RIGHT, x -> x, GraphTestBase.identity()),
                    unary("flat", Second.RIGHT, x -> x.reshape(1, x.size()), FuzzFunctions.flat()),
                    unary("transpose", Second.RIGHT, NDArray::transpose, FuzzFunctions.transpose()),
                    unary(WRONG, Second.RIGHT, x -> x, TestFunctions.wrongBySeven()),
                    unary("fuse", Second.RIGHT, x -> x.add(x), FuzzFunctions.fuse()),
                    unary("cube", Second.RIGHT, x -> x.mul(x).mul(x), FuzzFunctions.cube()),
                    unary(
                            "squareSum",
                            Second.RIGHT,
                            x -> x.mul(x).sum().reshape(1, 1),
                            FuzzFunctions.squareSum()),
                    unary(
                            "twiceInJava",
                            Second.RIGHT_OR_REFUSED,
                            x -> x.add(x),
                            FuzzFunctions.twiceInJava()),
                    unary(
                            "sineByAPass",
                            Second.RIGHT_OR_REFUSED,
                            NDArray::sin,
                            FuzzFunctions.sineByAPass()),
                    new FuzzOp(
                            "float32",
                            1,
                            Second.RIGHT_OR_REFUSED,
                            in -> true,
                            in -> new NDList(CASTS.callForArray(in.get(0))),
                            in ->
                                    FuzzFunctions.cast(DataType.FLOAT64, DataType.FLOAT32)
                                            .apply(
                                                    FuzzFunctions.cast(
                                                                    DataType.FLOAT32,
                                                                    DataType.FLOAT64)
                                                            .apply(in))),
                    new FuzzOp(
                            "firstRow",
                            1,
                            Second.RIGHT,
                            FuzzOp::hasTwoRows,
                            in -> new NDList(in.get(0).get(new NDIndex("0:1"))),
                            FuzzFunctions.firstRow()::apply),
                    new FuzzOp(
                            "parts",
                            1,
                            Second.RIGHT,
                            FuzzOp::hasTwoRows,
                            in -> {
                                NDArray h = in.get(0).add(in.get(0));
                                return new NDList(
                                        h.get(new NDIndex("0:1")), h.get(new NDIndex("1:")));
                            },
                            FuzzFunctions.parts()::apply),
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
                                java.util.Arrays.fill(values, CONSTANT);
                                Shape shape = in.get(0).getShape();
                                try (NDArray c = in.get(0).getManager().create(values, shape)) {
                                    return TestFunctions.product().apply(new NDList(in.get(0), c));
                                }
                            }),
                    one(
                            "hook",
                            in -> scaledGradient(in.get(0).square()),
                            in -> {
                                NDList y = TestFunctions.square().apply(in);
                                if (!Autograd.requiresGrad(y.get(0))) {
                                    return y;
                                }
                                NDArray factor = full(y.get(0), HOOK);
                                Autograd.onGradient(y.get(0), g -> null).close();
                                Autograd.onGradient(y.get(0), g -> g.mul(factor));
                                return y;
                            }),
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
                    two(
                            "product",
                            in -> new NDList(in.get(0).mul(in.get(1))),
                            TestFunctions.product()::apply),
                    two(
                            "sum",
                            in -> new NDList(in.get(0).add(in.get(1))),
                            FuzzFunctions.sum()::apply),
                    two(
                            "difference",
                            in -> new NDList(in.get(0).sub(in.get(1))),
                            FuzzFunctions.difference()::apply),
                    new FuzzOp(
                            "productOfAConstant",
                            2,
                            Second.ANOTHER,
                            FuzzOp::sameShapes,
                            in -> new NDList(in.get(0).mul(in.get(1).stopGradient())),
                            FuzzFunctions.productOfAConstant()::apply),
                    new FuzzOp(
                            "matMul",
                            2,
                            Second.RIGHT,
                            in -> in.get(0).getShape().get(1) == in.get(1).getShape().get(0),
                            in -> new NDList(in.get(0).matMul(in.get(1))),
                            FuzzFunctions.matMul()::apply),
                    productAndSum("productAndSum", true),
                    productAndSum("productAndSumOrNull", false),
                    new FuzzOp(
                            "checkpoint",
                            2,
                            Second.RIGHT_OR_REFUSED,
                            FuzzOp::sameShapes,
                            in -> new NDList(in.get(0).mul(in.get(1)).sin()),
                            in ->
                                    Checkpoint.apply(
                                            x -> new NDList(x.get(0).mul(in.get(1)).sin()),
                                            new NDList(in.get(0)),
                                            new NDList(in.get(1)))));

    private static FuzzOp unary(
            String name, Second second, UnaryOperator<NDArray> plain, AutogradFunction custom) {
        return new FuzzOp(
                name,
                1,
                second,
                in -> true,
                in -> new NDList(plain.apply(in.get(0))),
                custom::apply);
    }

    private static FuzzOp one(
            String name, UnaryOperator<NDList> plain, UnaryOperator<NDList> custom) {
        return new FuzzOp(name, 1, Second.RIGHT, in -> true, plain, custom);
    }

    private static FuzzOp two(
            String name, UnaryOperator<NDList> plain, UnaryOperator<NDList> custom) {
        return new FuzzOp(name, 2, Second.RIGHT, FuzzOp::sameShapes, plain, custom);
    }

    private static FuzzOp productAndSum(String name, boolean materialize) {
        return new FuzzOp(
                name,
                2,
                Second.RIGHT,
                FuzzOp::sameShapes,
                in -> new NDList(in.get(0).mul(in.get(1)), in.get(0).add(in.get(1))),
                FuzzFunctions.productAndSum(materialize)::apply);
    }

    private static boolean sameShapes(NDList in) {
        return in.get(0).getShape().equals(in.get(1).getShape());
    }

    private static boolean hasTwoRows(NDList in) {
        return in.get(0).getShape().get(0) > 1;
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
