/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.SparseFormat;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.djlext.torch.RandomState;
import org.junit.jupiter.api.function.Executable;

/** Calls with wrong arguments, on wrong arrays or at a wrong time. */
@SuppressWarnings("NullAway") // null is among it
final class CallMisuses extends Misuses {

    private final NDArray plain = manager.create(new double[] {1, 2});

    CallMisuses(NDArray leaf) {
        super(leaf);
        addGrad();
        addBackward();
        addNullAndText();
        addProducts();
        addPlaces();
        addInputs();
        addOutputs();
    }

    private static void grad(NDList y, NDList x, NDList upstream) {
        Autograd.grad(y, x, upstream, true, false, false);
    }

    private void addGrad() {
        NDList ys = new NDList(y);
        NDList xs = new NDList(x);
        NDList ones = new NDList(plain);
        NDList one = new NDList(plain.sum());
        NDList none = new NDList(Arrays.asList((NDArray) null));
        argument(
                "grad takes scalars where no upstream gradient is given, but got an array of shape"
                        + " (2); give one of that shape",
                () -> Autograd.grad(ys, xs));
        argument(
                "at least one input to differentiate by, but got none",
                () -> grad(ys, new NDList(), ones));
        argument("got 0 outputs", () -> grad(new NDList(), xs, new NDList()));
        argument("0 upstream gradients", () -> grad(ys, xs, new NDList()));
        argument("2 upstream gradients", () -> grad(ys, xs, new NDList(x, x)));
        argument(
                "output 0 has (2) float64 and its upstream gradient () float64",
                () -> grad(ys, xs, one));
        argument("takes scalars", () -> grad(ys, xs, none));
        argument("output 0 has null and its upstream gradient", () -> grad(none, xs, ones));
        argument("but got null", () -> grad(ys, none, ones));
        argument("does not; call setRequiresGradient(true)", () -> grad(ys, ones, ones));
        argument(
                "grad differentiates arrays that were computed from one that requires a gradient,"
                        + " but output 0, an array of shape (2), was not",
                () -> grad(ones, xs, ones));
        NDList integers = new NDList(manager.create(new long[] {1, 2}));
        argument("output 0", () -> grad(integers, xs, ones));
        failure("not have been used", () -> grad(ys, new NDList(y.add(y)), ones));
        refused(
                IllegalStateException.class,
                "there is no gradient on",
                () -> Autograd.gradient(plain));
        argument("retainGrad needs an array", () -> Autograd.retainGrad(plain));
        argument("none flows to an array of shape (2)", () -> Autograd.onGradient(plain, g -> g));
    }

    private void addBackward() {
        NDList loss = new NDList(x.sum());
        NDArray scalar = manager.create(1.0);
        NDList one = new NDList(scalar);
        argument("takes scalars where no upstream gradient", () -> Autograd.backward(x));
        argument("root 0, an array of shape (), was not", () -> Autograd.backward(scalar));
        argument("got 0 roots and 0 upstream gradients", Autograd::backward);
        argument(
                "root 0 has () float64 and its upstream gradient (2) float64",
                () -> Autograd.backward(loss, new NDList(x), false, false, null));
        argument(
                "backward takes at least one input",
                () -> Autograd.backward(loss, one, false, false, new NDList()));
        argument(
                "input 0, an array of shape (), does not",
                () -> Autograd.backward(loss, one, false, false, one));
    }

    private void addNullAndText() {
        NDArray text = manager.create("abc");
        AutogradFunction scale = scale(Misuses::correct);
        argument("null", () -> Autograd.onGradient(null, g -> g));
        argument("null", () -> Autograd.retainGrad(null));
        argument("null", () -> Autograd.gradient(null));
        argument("null", () -> Autograd.requiresGrad(null));
        argument("but got an array of strings", () -> Autograd.requiresGrad(text));
        argument("but got an array of strings", () -> GraphPicture.dot(text, new NDList()));
        argument("but got an array of strings", () -> GraphPicture.dot(y, new NDList(text)));
        argument("but got an array of strings", () -> Hooks.onAccumulated(text, leaf -> {}));
        argument("but got an array of strings", () -> Hooks.beforeBackward(text, g -> null));
        argument("but got an array of strings", () -> RandomState.set(text, Device.cpu()));
        NDList texts = new NDList(text);
        argument("but got an array of strings", () -> Functional.vjp(in -> in, texts, null));
        argument(
                "jacobian, from its function, takes an array of numbers of the PyTorch engine, but"
                        + " got an array of strings",
                () -> Functional.jacobian(in -> texts, new NDList(x)));
        argument("but got null", () -> Functional.jacobian(in -> null, new NDList(x)));
        argument(
                "norm takes an array of numbers of the PyTorch engine, but got an array of strings",
                () -> GradientClipping.norm(texts));
        refused(
                IllegalStateException.class,
                "pack an array into one of numbers of the PyTorch engine or into something without"
                        + " arrays, but returned an array of strings",
                () -> {
                    SavedTensorHooks<NDArray> hooks =
                            new TestFunctions.Packing<>(array -> text, (packed, into) -> packed);
                    try (Autograd.Scope scope = Hooks.onSavedTensors(hooks)) {
                        TestFunctions.square().apply(x);
                    }
                });
        argument("input 0 is null", () -> TestFunctions.square().apply((NDArray) null));
        argument(
                "Scale takes arrays of numbers of the PyTorch engine, but input 1 (gamma) is null",
                () -> scale.apply(x, null));
        argument(
                "Scale takes arrays of numbers of the PyTorch engine, but input 1 (gamma) is an"
                        + " array of strings",
                () -> scale.apply(x, text));
    }

    private void product(String said, NDList v) {
        Function<NDList, NDList> f = in -> new NDList(in.get(0).mul(in.get(1)).sum());
        NDList two = new NDList(plain, plain);
        argument(said, () -> Functional.jvp(f, two, v));
        argument(said, () -> Functional.hvp(f, two, v));
    }

    private void addProducts() {
        NDArray three = manager.create(new double[] {1, 2, 3});
        product("but got 2 inputs and 0 directions", new NDList());
        product("but got 2 inputs and 1 directions", new NDList(plain));
        product("but got 2 inputs and 3 directions", new NDList(plain, plain, plain));
        product("input 1 has (2) float64 and its direction (3)", new NDList(plain, three));
        product(
                "takes scalars where no direction is given, but got an array of shape (2); give one"
                        + " of that shape",
                new NDList(Arrays.asList(plain, null)));
        // The second output depends on nothing: it is checked all the same.
        Function<NDList, NDList> f = in -> new NDList(in.get(0).square(), plain);
        NDList at = new NDList(plain);
        for (NDList v :
                List.of(
                        new NDList(),
                        at,
                        new NDList(plain, plain, plain),
                        new NDList(three, plain),
                        new NDList(plain, three),
                        new NDList(Arrays.asList(null, plain)),
                        new NDList(Arrays.asList(plain, null)))) {
            argument("upstream gradient", () -> Functional.vjp(f, at, v));
        }
        argument("it returned an array of shape (2)", () -> Functional.hessian(in -> at, at));
    }

    private void addPlaces() {
        NDArray power = x.square();
        power.setName("y");
        argument(
                "onAccumulated takes a leaf that requires a gradient, but \"y\" of shape (2) was"
                        + " computed from others",
                () -> Hooks.onAccumulated(power, a -> {}));
        argument(
                "beforeBackward takes an output of an AutogradFunction, but \"y\" of shape (2)"
                        + " came from PowBackward0",
                () -> Hooks.beforeBackward(power, dy -> dy));
        argument(
                "dot draws the graph of an array that gradients flow to, but none flows to an array"
                        + " of shape (2)",
                () -> GraphPicture.dot(plain, new NDList()));
    }

    private void addOutputs() {
        AutogradFunction two = TestFunctions.productAndSum(true, dy -> {});
        refused(
                IllegalStateException.class,
                ".apply(NDArray...) returns one output, but there are 2; call apply(NDList), which"
                        + " returns all of them",
                () -> two.apply(x, x));
    }

    private void closed(Executable call) {
        refused(IllegalStateException.class, "released already", call);
    }

    private void addInputs() {
        AutogradFunction scale = scale(Misuses::correct);
        argument(
                "Scale has gradients for dense arrays, but output 0 is COO",
                () -> scale.apply(x.toSparse(SparseFormat.COO), gamma));
        NDArray row = x.reshape(1, 2);
        failure(
                "mat1 and mat2 shapes cannot be multiplied",
                () -> TestFunctions.matMul().apply(row, row));
        // DJL remembers the type and the shape of the first, which were asked for, beyond its end.
        NDArray known = manager.create(new long[] {1});
        assertTrue(known.getDataType().isInteger() && known.getShape().size() == 1);
        for (NDArray closed : List.of(known, manager.create(new double[] {1}))) {
            closed.close();
            NDList list = new NDList(closed);
            closed(() -> scale.apply(x, closed));
            closed(() -> scale.apply(closed, gamma));
            closed(() -> TestFunctions.square().apply(closed));
            closed(() -> Autograd.onGradient(closed, g -> g));
            closed(() -> Autograd.grad(list, new NDList(x)));
            closed(() -> Autograd.grad(new NDList(y.sum()), list));
        }
    }
}
