/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertContains;
import static org.djlext.testing.Failures.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.djlext.internal.NativeHooks;
import org.djlext.testing.ResidentMemory;
import org.djlext.testing.Threads;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random graphs and random misuse, case after case: gradients are those of the engine, misuse is an
 * exception, and nothing is left behind. Each case comes from a seed of its own and can be repeated
 * alone. System properties:
 *
 * <ul>
 *   <li>{@code org.djlext.fuzz.seed}: that of the first case; the next ones follow
 *   <li>{@code org.djlext.fuzz.cases}: how many; by default as many as there is time for
 *   <li>{@code org.djlext.fuzz.seconds}: how long; by default 8 if no number of cases is given
 * </ul>
 *
 * <p>If the JVM itself dies, the seed of the case is in {@code target/autograd-fuzz.seed}.
 */
class AutogradFuzzTest {

    private static final String OPTION = "org.djlext.fuzz.";
    private static final Path SEED_FILE = Path.of("target", "autograd-fuzz.seed");
    private static final long HANG_SECONDS = 120;

    /** What must not grow from case to case, and by how much it may all the same. */
    private static final Map<String, Double> ALLOWED_GROWTH =
            Map.of(
                    "nodes", 0.0,
                    "Java's threads", 4.0,
                    "threads", 8.0,
                    "open files", 4.0,
                    "arrays and managers", 0.0,
                    "MiB of heap", 16.0,
                    "MiB", 128.0);

    private volatile long seed;

    @Test
    void ruleThatIsWrongIsFoundWithItsSeed() {
        List<FuzzOp> ops = new ArrayList<>(FuzzOp.ALL);
        ops.add(FuzzOp.WRONG);
        String message =
                message(AssertionError.class, () -> run(300, HANG_SECONDS, ops, new TreeMap<>()));
        assertContains(message, "custom wrong[", "must be", "-Dorg.djlext.fuzz.seed=");
    }

    static Stream<FuzzOp> operations() {
        return FuzzOp.ALL.stream();
    }

    @ParameterizedTest
    @MethodSource("operations")
    void eachOperationAlone(FuzzOp op) {
        int drawn = 0;
        for (int graph = 0; drawn < 3; graph++) {
            assertTrue(graph < 100, "it was not drawn");
            String what = FuzzCase.runAll(new Random(graph), op);
            drawn += what.contains("custom " + op) ? 1 : 0;
        }
    }

    @Test
    void randomGraphsAndRandomMisuse() throws Exception {
        long cases = Long.getLong(OPTION + "cases", Long.MAX_VALUE);
        long endless = cases == Long.MAX_VALUE ? 8 : TimeUnit.DAYS.toSeconds(100);
        long seconds = Long.getLong(OPTION + "seconds", endless);
        Map<String, Integer> done = new TreeMap<>();
        FutureTask<Void> run =
                new FutureTask<>(
                        () -> {
                            run(cases, seconds, FuzzOp.ALL, done);
                            return null;
                        });
        Thread worker = new Thread(run, "fuzz");
        worker.setDaemon(true); // a case that hangs, perhaps in native code, must not keep the JVM
        worker.start();
        for (long last = -1; !run.isDone(); last = seed) {
            try {
                run.get(HANG_SECONDS, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                assertNotEquals(last, seed, "hangs: " + repeat());
            }
        }
        run.get();
        System.out.println(done);
    }

    private String repeat() {
        return String.format("repeat it with -D%sseed=%d -D%scases=1", OPTION, seed, OPTION);
    }

    private void run(long cases, long seconds, List<FuzzOp> ops, Map<String, Integer> done)
            throws Exception {
        long start = System.nanoTime();
        long end = start + TimeUnit.SECONDS.toNanos(seconds);
        long firstSeed = Long.getLong(OPTION + "seed", 1);
        Map<String, Double> warm = new TreeMap<>();
        Files.createDirectories(SEED_FILE.getParent());
        for (long i = 0; i < cases && System.nanoTime() < end; i++) {
            seed = firstSeed + i;
            Files.writeString(SEED_FILE, repeat());
            try {
                done.merge(runCase(ops), 1, Integer::sum);
            } catch (Throwable e) {
                throw new AssertionError(e.getMessage() + "\n" + repeat(), e);
            }
            boolean third = System.nanoTime() - start > (end - start) / 3 || i > cases / 3;
            if (warm.isEmpty() && third) {
                warm.putAll(measure());
            }
        }
        if (!warm.isEmpty() && cases > 1) {
            Map<String, Double> after = measure();
            ALLOWED_GROWTH.forEach(
                    (what, most) -> {
                        double grown = after.getOrDefault(what, 0.0) - warm.getOrDefault(what, 0.0);
                        assertTrue(grown <= most, () -> warm + " grew to " + after + " in " + done);
                    });
        }
    }

    private String runCase(List<FuzzOp> ops) {
        // Seeds that follow each other must not give similar numbers.
        Random random = new Random(seed * 0x9E3779B97F4A7C15L);
        int nodes = NativeHooks.liveNodes();
        int what = random.nextInt(100);
        String name = what < 3 ? "sideBySide" : what < 35 ? "misuse" : "graph";
        String detail =
                switch (name) {
                    case "sideBySide" -> sideBySide(random.nextLong(), ops);
                    case "misuse" -> misuse(random);
                    default -> FuzzCase.run(random, ops, true);
                };
        for (int wait = 0; wait < 50 && nodes != NativeHooks.liveNodes(); wait++) {
            emptyTheQueue();
            Threads.sleep(wait);
        }
        assertEquals(nodes, NativeHooks.liveNodes(), "nodes left behind by " + name + detail);
        return name;
    }

    private static String sideBySide(long seed, List<FuzzOp> ops) {
        Threads.run(4, t -> FuzzCase.run(new Random(seed + t), ops, false));
        return "";
    }

    private static String misuse(Random random) {
        try (NDManager manager = NDManager.newBaseManager();
                Autograd.Scope recording = Autograd.enableGrad()) {
            NDArray x = manager.create(new double[] {3, 4});
            x.setRequiresGradient(true);
            List<Misuses.Misuse> misuses = Misuses.all(x);
            Misuses.Misuse misuse = misuses.get(random.nextInt(misuses.size()));
            misuse.check(x);
            return " of " + misuse.said();
        }
    }

    /**
     * What waited when a pass failed stays in the engine's queue until the thread's next pass, or
     * until its end, which is a little later than Java's end of the thread.
     */
    private static void emptyTheQueue() {
        try (NDManager manager = NDManager.newBaseManager();
                Autograd.Scope recording = Autograd.enableGrad()) {
            NDArray x = manager.create(1.0);
            x.setRequiresGradient(true);
            Autograd.backward(x.add(x));
        }
    }

    private static Map<String, Double> measure() throws Exception {
        for (int i = 0; i < 3; i++) {
            System.gc();
            Thread.sleep(100);
        }
        Runtime runtime = Runtime.getRuntime();
        Map<String, Double> measured = new TreeMap<>();
        measured.put("nodes", (double) NativeHooks.liveNodes());
        measured.put(
                "Java's threads", (double) ManagementFactory.getThreadMXBean().getThreadCount());
        measured.put("MiB of heap", (runtime.totalMemory() - runtime.freeMemory()) / 1048576.0);
        try (NDManager manager = NDManager.newBaseManager()) {
            Field resources = BaseNDManager.class.getDeclaredField("resources");
            resources.setAccessible(true);
            Map<?, ?> all = (Map<?, ?>) resources.get(manager.getParentManager());
            measured.put("arrays and managers", (double) all.size());
        }
        if (ResidentMemory.isKnown()) {
            measured.put("MiB", ResidentMemory.mebibytes());
            measured.put("threads", entries("/proc/self/task"));
            measured.put("open files", entries("/proc/self/fd"));
        }
        return measured;
    }

    private static double entries(String folder) throws IOException {
        try (Stream<Path> entries = Files.list(Path.of(folder))) {
            return entries.count();
        }
    }
}
