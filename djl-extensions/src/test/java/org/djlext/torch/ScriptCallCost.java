/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import org.djlext.torch.ops.Transformers;

/**
 * What a call of a script costs, beside the same in operations of NDArray, unrecorded.
 *
 * <pre>
 * OMP_NUM_THREADS=1 ./mvnw -q -pl djl-extensions -am test-compile exec:java -Dexec.skip=false \
 *     -Dexec.classpathScope=test -Dexec.mainClass=org.djlext.torch.ScriptCallCost
 * </pre>
 *
 * <p>Microseconds a call, medians of 21 rounds of 1,000 calls.
 */
public final class ScriptCallCost {

    private static final String SOURCE =
            """
            def mul(x, w):
                return x * w

            def update(weights: List[Tensor], gradients: List[Tensor], lr: float):
                for i in range(len(weights)):
                    weights[i].sub_(gradients[i], alpha=lr)
            """;
    private static final int WARM_UP = 20;
    private static final int ROUNDS = 21;
    private static final int CALLS = 1_000;

    private ScriptCallCost() {}

    public static void main(String[] args) {
        System.setProperty("ai.djl.pytorch.num_threads", "1");
        try (NDManager manager = NDManager.newBaseManager();
                TorchScript script = TorchScript.compile(SOURCE)) {
            ScriptFunction mul = script.function("mul");
            ScriptFunction update = script.function("update");
            for (Shape shape : new Shape[] {new Shape(1), new Shape(32, 200)}) {
                NDArray x = manager.randomNormal(shape);
                NDArray w = manager.randomNormal(shape);
                NDArray rate = manager.create(1e-9f);
                NDList weights = new NDList();
                NDList gradients = new NDList();
                for (int i = 0; i < 10; i++) {
                    weights.add(manager.randomNormal(shape));
                    gradients.add(manager.randomNormal(shape));
                }
                print("one multiplication", shape, () -> x.mul(w), () -> mul.call(x, w));
                print("gelu, 9 operations", shape, () -> gelu(x), () -> Transformers.geluTanh(x));
                print(
                        "update of 10 parameters",
                        shape,
                        () -> {
                            for (int i = 0; i < weights.size(); i++) {
                                weights.get(i).subi(gradients.get(i).mul(rate));
                            }
                        },
                        () -> update.call(weights, gradients, 1e-9));
            }
        }
    }

    private static NDArray gelu(NDArray x) {
        NDArray inner = x.add(x.mul(x).mul(x).mul(0.044715f));
        return x.mul(inner.mul((float) Math.sqrt(2 / Math.PI)).tanh().add(1f)).mul(0.5f);
    }

    private static void print(String what, Shape shape, Runnable plain, Runnable script) {
        double[] plainTimes = new double[ROUNDS];
        double[] scriptTimes = new double[ROUNDS];
        // In turn, so that whatever slows the machine down slows both.
        for (int i = -WARM_UP; i < ROUNDS; i++) {
            double plainTime = time(plain);
            double scriptTime = time(script);
            if (i >= 0) {
                plainTimes[i] = plainTime;
                scriptTimes[i] = scriptTime;
            }
        }
        Arrays.sort(plainTimes);
        Arrays.sort(scriptTimes);
        System.out.printf(
                "%-24s %-9s NDArray %6.1f  script %6.1f%n",
                what, shape, plainTimes[ROUNDS / 2], scriptTimes[ROUNDS / 2]);
    }

    private static double time(Runnable call) {
        long start = System.nanoTime();
        for (int i = 0; i < CALLS; i++) {
            try (NDScope scope = new NDScope()) {
                scope.suppressNotUsedWarning();
                call.run();
            }
        }
        return (System.nanoTime() - start) / 1e3 / CALLS;
    }
}
