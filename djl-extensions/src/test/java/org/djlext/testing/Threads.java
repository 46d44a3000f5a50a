/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.djlext.autograd.Autograd;

/** Runs a task in several threads that start at one moment, and fails if they do not end. */
public final class Threads {

    private static final long DEADLINE_SECONDS = 60;

    private Threads() {}

    /** What a thread does. */
    public interface Task {

        /** Runs it in the thread of this number, from 0. */
        void run(int thread) throws Exception;
    }

    /** Runs a task in several threads, in which gradients are recorded. */
    public static void run(int threads, Task task) {
        CyclicBarrier start = new CyclicBarrier(threads);
        List<FutureTask<Void>> results = new ArrayList<>();
        List<Thread> started = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            int index = t;
            FutureTask<Void> result =
                    new FutureTask<>(
                            () -> {
                                start.await();
                                try (Autograd.Scope scope = Autograd.enableGrad()) {
                                    task.run(index);
                                }
                                return null;
                            });
            results.add(result);
            // A daemon: if it hangs, the JVM must end all the same.
            Thread thread = new Thread(result, "test " + t);
            thread.setDaemon(true);
            thread.start();
            started.add(thread);
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
        try {
            for (FutureTask<Void> result : results) {
                result.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            }
            for (Thread thread : started) {
                thread.join();
            }
        } catch (TimeoutException e) {
            throw new AssertionError("the threads did not end in " + DEADLINE_SECONDS + " s", e);
        } catch (ExecutionException e) {
            throw new AssertionError("a thread failed: " + e.getCause(), e.getCause());
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted", e);
        }
    }

    /** Sleeps. */
    public static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Waits for the others, but not for ever. */
    public static void await(CountDownLatch latch) {
        try {
            latch.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
