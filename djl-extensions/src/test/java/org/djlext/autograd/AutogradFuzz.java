/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.djlext.internal.NativeHooks;
import org.jspecify.annotations.Nullable;

/**
 * Random graphs and random misuse, case after case: gradients are those of the engine, misuse is an
 * exception, and nothing is left behind. Each case comes from a seed of its own and can be repeated
 * alone. System properties:
 *
 * <ul>
 *   <li>{@code org.djlext.fuzz.seed}: that of the first case; the next ones follow
 *   <li>{@code org.djlext.fuzz.cases}: how many; by default as many as there is time for
 *   <li>{@code org.djlext.fuzz.seconds}: how long; by default 10 if no number of cases is given
 *   <li>{@code org.djlext.fuzz.without}: names of what is left out: operations of {@link FuzzOp},
 *       or gc, threads, manyThreads, twice, javaUpstream, changed, misuse, sideBySide
 *   <li>{@code org.djlext.fuzz.continue}: true to count failures and go on
 * </ul>
 *
 * <p>If the JVM itself dies, the seed of the case is in {@code target/autograd-fuzz.seed}.
 */
final class AutogradFuzz {

    private static final String OPTION = "org.djlext.fuzz.";
    private static final Path SEED_FILE = Path.of("target", "autograd-fuzz.seed");
    private static final long HANG_NANOS = 120_000_000_000L;

    private final long firstSeed = Long.getLong(OPTION + "seed", 1);
    private final long cases;
    private final long seconds;
    private final boolean goOn = Boolean.getBoolean(OPTION + "continue");
    private final Set<String> without;
    private final Map<String, Integer> done = new TreeMap<>();
    private final Map<String, String> failures = new TreeMap<>();
    private volatile long seed = firstSeed;
    private volatile long started = System.nanoTime();
    private volatile @Nullable Throwable failure;

    /** As the system properties say. */
    AutogradFuzz() {
        this(
                Long.getLong(OPTION + "cases", Long.MAX_VALUE),
                names(System.getProperty(OPTION + "without", FuzzOp.WRONG)));
    }

    AutogradFuzz(long cases, Set<String> without) {
        this.cases = cases;
        this.without = without;
        boolean endless = cases == Long.MAX_VALUE;
        seconds = Long.getLong(OPTION + "seconds", endless ? 10 : TimeUnit.DAYS.toSeconds(100));
    }

    private static Set<String> names(String list) {
        // The wrong rule is there for the fuzzer's own test.
        return Arrays.stream((list + "," + FuzzOp.WRONG).split(","))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Runs the fuzzer by itself. */
    public static void main(String[] args) {
        int status = 1;
        try {
            System.out.println(new AutogradFuzz().run());
            status = 0;
        } catch (IOException | AssertionError e) {
            System.out.println(e.getMessage());
        }
        // A case that hangs, perhaps in native code, must not keep the JVM.
        Runtime.getRuntime().halt(status);
    }

    /**
     * Runs all cases.
     *
     * @return what was done, and how memory, threads and handles have grown
     */
    String run() throws IOException {
        Files.createDirectories(SEED_FILE.getParent());
        StringBuilder growth = new StringBuilder();
        Thread worker = new Thread(() -> runCases(growth), "fuzz");
        worker.setDaemon(true);
        worker.start();
        while (worker.isAlive()) {
            try {
                worker.join(500);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            if (System.nanoTime() - started > HANG_NANOS) {
                Thread.getAllStackTraces()
                        .forEach(
                                (t, trace) -> System.out.println(t + " " + Arrays.toString(trace)));
                throw new AssertionError("hangs: " + repeat());
            }
        }
        if (!failures.isEmpty()) {
            throw new AssertionError(
                    String.join("\n", failures.values()) + "\n" + done + "\n" + growth, failure);
        }
        Throwable e = failure;
        if (e != null) {
            throw new AssertionError(e.getMessage() + "\n" + repeat(), e);
        }
        return done + "\n" + growth;
    }

    private String repeat() {
        return "repeat it with -D"
                + OPTION
                + "seed="
                + seed
                + " -D"
                + OPTION
                + "cases=1"
                + (without.equals(Set.of(FuzzOp.WRONG))
                        ? ""
                        : " -D" + OPTION + "without=" + String.join(",", without));
    }

    private void runCases(StringBuilder growth) {
        long start = System.nanoTime();
        long end = start + seconds * 1_000_000_000;
        FuzzGrowth before = null;
        long warm = 0;
        for (long i = 0; i < cases && System.nanoTime() < end; i++) {
            seed = firstSeed + i;
            started = System.nanoTime();
            try {
                Files.writeString(SEED_FILE, repeat());
                runCase();
            } catch (Throwable e) {
                if (!goOn) {
                    failure = e;
                    return;
                }
                String text = String.valueOf(e.getMessage());
                String kind = text.replaceAll("[-0-9.E]+", "#");
                kind = kind.substring(0, Math.min(goOn ? 400 : 40, kind.length()));
                failures.putIfAbsent(
                        kind, seed + ": " + text.substring(0, Math.min(500, text.length())));
                done.merge("failed", 1, Integer::sum);
                emptyTheQueue();
            }
            boolean half = System.nanoTime() - start > (end - start) / 3 || i > cases / 3;
            if (before == null && half) {
                before = FuzzGrowth.measure();
                warm = i + 1;
            }
        }
        started = Long.MAX_VALUE;
        if (before != null && cases > 1) {
            FuzzGrowth after = FuzzGrowth.measure();
            growth.append("after ").append(warm).append(" cases: ").append(before);
            growth.append("\nfinally: ").append(after);
            try {
                after.assertNoMoreThan(before);
            } catch (AssertionError e) {
                failure = new AssertionError(e.getMessage() + "\n" + growth + "\n" + done);
            }
        }
    }

    private boolean has(String name) {
        return !without.contains(name);
    }

    private void runCase() {
        // Seeds that follow each other must not give similar numbers.
        Random random = new Random(seed * 0x9E3779B97F4A7C15L);
        int nodes = NativeHooks.liveNodes();
        int what = random.nextInt(100);
        String name;
        String detail = "";
        if (what < 3 && has("threads") && has("sideBySide")) {
            long mine = random.nextLong();
            Threads.run(4, t -> FuzzCase.run(new Random(mine + t), without, false));
            name = "sideBySide";
        } else if (what < 35 && has("misuse")) {
            try (NDManager manager = NDManager.newBaseManager();
                    Autograd.Scope recording = Autograd.enableGrad()) {
                NDArray x = manager.create(new double[] {3, 4});
                x.setRequiresGradient(true);
                List<Misuses.Misuse> misuses = Misuses.all(x);
                Misuses.Misuse misuse = misuses.get(random.nextInt(misuses.size()));
                misuse.check(x);
                name = "misuse";
                detail = misuse.said();
            }
        } else {
            detail = FuzzCase.run(random, without, true);
            name = "graph";
        }
        for (int wait = 0; wait < 50 && nodes != NativeHooks.liveNodes(); wait++) {
            emptyTheQueue();
            Threads.sleep(wait);
        }
        if (nodes != NativeHooks.liveNodes()) {
            throw new AssertionError(
                    (NativeHooks.liveNodes() - nodes)
                            + " nodes are left behind by "
                            + name
                            + ": "
                            + detail);
        }
        done.merge(name, 1, Integer::sum);
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
            JniUtils.backward((PtNDArray) x.add(x), (PtNDArray) x.onesLike(), false, false);
        }
    }
}
