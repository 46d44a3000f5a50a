/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.djlext.internal.NativeHooks;

/**
 * A program that takes the native library through its work on this machine and prints what comes of
 * it, for a report: {@code java -cp CLASSPATH org.djlext.autograd.NativeSelfCheck}.
 *
 * <p>It ends with 0 if all is as it should be, with 1 if something is not, and with 3 if the
 * library cannot be loaded.
 */
public final class NativeSelfCheck {

    private final List<String> wrong = new ArrayList<>();

    private NativeSelfCheck() {}

    /** The derivative of x^2, wrong by a factor of 3, which shows that the rule is what runs. */
    private static NDArray wrongRule(NDArray x, NDArray dy) {
        if (x.getFloat(0) < 0) {
            throw new IllegalStateException("negative");
        }
        return x.mul(6).mul(dy);
    }

    /**
     * The main.
     *
     * @param args none
     * @throws InterruptedException never
     */
    public static void main(String[] args) throws InterruptedException {
        System.out.printf(
                "djl-extensions on %s %s with libtorch %s and Java %s of %s%n",
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                Engine.getEngine("PyTorch").getVersion(),
                System.getProperty("java.version"),
                System.getProperty("java.vendor"));
        NativeSelfCheck check = new NativeSelfCheck();
        try (NDManager manager = NDManager.newBaseManager()) {
            check.run(manager);
        } catch (UnsupportedOperationException e) {
            System.out.println(e.getMessage());
            System.exit(3);
        }
        System.out.println("nodes left " + NativeHooks.liveNodes());
        if (NativeHooks.liveNodes() != 0) {
            check.wrong.add("nodes left");
        }
        System.out.println(check.wrong.isEmpty() ? "all as it should be" : "wrong: " + check.wrong);
        if (!check.wrong.isEmpty()) {
            System.exit(1);
        }
    }

    private void run(NDManager manager) throws InterruptedException {
        AutogradFunction square =
                AutogradFunction.of("square", NDArray::square, NativeSelfCheck::wrongRule);
        NDArray x = manager.create(new float[] {1, 2, 3});
        x.setRequiresGradient(true);
        print("forward", square.apply(x), 1, 4, 9);
        // Grad mode is on in another thread; on a plain array it is forward there too.
        NDArray plain = manager.create(new float[] {4});
        Thread worker = new Thread(() -> print("worker", square.apply(plain), 16));
        worker.start();
        worker.join();
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            collector.backward(square.apply(x).sum());
        }
        print("gradient", x.getGradient(), 6, 12, 18);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            collector.backward(square.apply(x.neg()).sum());
        } catch (EngineException e) {
            String message =
                    String.valueOf(e.getMessage()).lines().findFirst().orElse("without a message");
            System.out.println("failure " + message);
            if (!message.contains("negative")) {
                wrong.add("failure");
            }
        }
        try (Autograd.Scope scope = Autograd.enableGrad()) {
            NDArray y = x.square();
            Autograd.onGradient(y, NDArray::neg);
            print("hook", Autograd.grad(new NDList(y.sum()), new NDList(x)).get(0), -2, -4, -6);
        }
    }

    private void print(String what, NDArray array, float... expected) {
        float[] values = array.toFloatArray();
        System.out.println(what + " " + Arrays.toString(values));
        if (!Arrays.equals(values, expected)) {
            wrong.add(what);
        }
    }
}
