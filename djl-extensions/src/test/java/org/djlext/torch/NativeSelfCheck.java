/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.util.Arrays;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;

/** A program that goes through everything in the native library and prints what comes of it. */
public final class NativeSelfCheck {

    private NativeSelfCheck() {}

    /** x^2 with the wrong rule 3 times that, which shows that the rule is what runs. */
    private static final class WrongSquare extends AutogradFunction {
        @Override
        protected NDList forward(FunctionContext ctx, NDList inputs) {
            ctx.saveForBackward(inputs.get(0));
            return new NDList(inputs.get(0).square());
        }

        @Override
        protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
            NDArray x = ctx.savedTensors().get(0);
            if (x.getFloat(0) < 0) {
                throw new IllegalStateException("negative");
            }
            return new NDList(x.mul(6).mul(gradOutputs.get(0)));
        }
    }

    /**
     * The main.
     *
     * @param args none
     * @throws InterruptedException never
     */
    public static void main(String[] args) throws InterruptedException {
        try (NDManager manager = NDManager.newBaseManager()) {
            WrongSquare square = new WrongSquare();
            NDArray x = manager.create(new float[] {1, 2, 3});
            x.setRequiresGradient(true);
            print("forward", square.apply(x).get(0));
            // Grad mode is on in another thread; on a plain array it is forward there too.
            NDArray plain = manager.create(new float[] {4});
            Thread worker = new Thread(() -> print("worker", square.apply(plain).get(0)));
            worker.start();
            worker.join();
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                collector.backward(square.apply(x).get(0).sum());
            }
            print("gradient", x.getGradient());
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                collector.backward(square.apply(x.neg()).get(0).sum());
            } catch (EngineException e) {
                System.out.println(
                        "failure " + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
            }
        } catch (UnsupportedOperationException e) {
            System.out.println(e.getMessage());
            System.exit(3);
        }
        System.out.println("nodes left " + NativeHooks.liveNodes());
    }

    private static void print(String what, NDArray array) {
        System.out.println(what + " " + Arrays.toString(array.toFloatArray()));
    }
}
