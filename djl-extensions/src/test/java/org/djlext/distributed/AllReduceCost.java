/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.distributed;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.util.Arrays;
import org.djlext.testing.Command;
import org.djlext.testing.Ranks;

/**
 * Measures an all_reduce between processes of this machine: {@code AllReduceCost 2} from the class
 * path of the tests starts two.
 */
public final class AllReduceCost {

    private static final int REPEATS = 200;

    private AllReduceCost() {}

    /**
     * The main.
     *
     * @param args how many processes; none for one of them
     * @throws IOException if they cannot be started
     * @throws InterruptedException if this thread is interrupted
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length == 0) {
            measure();
            return;
        }
        try (Ranks ranks = new Ranks(AllReduceCost.class, Integer.parseInt(args[0]))) {
            for (Command rank : ranks.await()) {
                System.out.println(rank.output());
            }
        }
    }

    private static void measure() {
        try (ProcessGroup group = ProcessGroup.fromEnvironment();
                NDManager manager = NDManager.newBaseManager()) {
            for (int size : new int[] {1, 76_579, 1_000_000}) {
                NDArray array = manager.zeros(new Shape(size));
                double[] millis = new double[REPEATS];
                for (int i = 0; i < REPEATS; i++) {
                    group.barrier();
                    long start = System.nanoTime();
                    group.allReduce(array, ReduceOp.SUM);
                    millis[i] = (System.nanoTime() - start) / 1e6;
                }
                Arrays.sort(millis);
                if (group.rank() == 0) {
                    System.out.printf(
                            "%,d floats: median %.3f ms, quickest %.3f%n",
                            size, millis[REPEATS / 2], millis[0]);
                }
            }
        }
    }
}
