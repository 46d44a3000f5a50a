/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.distributed;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.djlext.torch.TorchScript;

/** What a rank does in {@link ProcessGroupTest}: a method by its name. */
public final class RankProgram {

    private RankProgram() {}

    /**
     * The main.
     *
     * @param args what to do, one after the other
     * @throws Exception if it fails
     */
    public static void main(String[] args) throws Exception {
        for (String what : args) {
            switch (what) {
                case "collectives" -> collectives();
                case "rejoin" -> rejoin();
                case "differ" -> differ();
                case "silent" -> silent();
                case "lost" -> lost();
                case "leave" -> leave();
                case "many" -> many();
                default -> throw new IllegalArgumentException(what);
            }
        }
    }

    private static void print(String what, NDArray array) {
        System.out.println(what + " " + array.getShape() + " " + Arrays.toString(array.toArray()));
    }

    private static void collectives() throws IOException {
        try (ProcessGroup group = ProcessGroup.fromEnvironment();
                NDManager manager = NDManager.newBaseManager()) {
            int rank = group.rank();
            NDArray x = manager.create(new float[] {rank + 1, 10 * (rank + 1), -rank});
            for (ReduceOp op : ReduceOp.values()) {
                NDArray copy = x.duplicate();
                group.allReduce(copy, op);
                print(op.toString(), copy);
            }
            NDList mixed =
                    new NDList(
                            manager.create(new float[] {rank, 1, 2, 3}, new Shape(2, 2)),
                            manager.create(new long[] {rank, 7}),
                            manager.create(rank + 0.5f),
                            // Not contiguous.
                            manager.create(new float[] {1, 2, 3, 4 + rank}, new Shape(2, 2))
                                    .transpose());
            group.allReduce(mixed, ReduceOp.SUM);
            mixed.forEach(array -> print("list", array));
            NDList root = new NDList(manager.create(rank + 5f), manager.create(new int[] {rank}));
            group.broadcast(root, 1);
            root.forEach(array -> print("broadcast", array));
            print("gather", group.allGather(manager.create(new double[][] {{rank, 0.5}})));
            print("scalars", group.allGather(manager.create(rank + 0.5f)));
            NDArray nothing = manager.create(new Shape(0, 3));
            group.allReduce(nothing, ReduceOp.MEAN);
            print("nothing", group.allGather(nothing));
            for (DataType type : List.of(DataType.FLOAT16, DataType.UINT8, DataType.BOOLEAN)) {
                print(type.toString(), group.allGather(manager.ones(new Shape(1), type)));
            }
            NDArray parts = manager.arange(2f * group.worldSize()).add(rank);
            print("scatter", group.reduceScatter(parts, ReduceOp.SUM));
            print("scatter mean", group.reduceScatter(parts, ReduceOp.MEAN));
            NDArray bytes = manager.ones(new Shape(1), DataType.INT32);
            try {
                group.allReduce(bytes, ReduceOp.MEAN);
            } catch (IllegalArgumentException e) {
                System.out.println(e.getMessage());
            }
            group.barrier();
            try (TorchScript script =
                    TorchScript.compile(
                            """
                            def largest(x, group: str):
                                y = ops._c10d_functional.all_reduce(x.abs().max(), 'max', group)
                                return ops._c10d_functional.wait_tensor(y)
                            """)) {
                print("script", script.callForArray(x, group.name()));
            }
            System.out.println("listens at " + listeningAddresses());
        }
    }

    /** Returns the addresses that sockets of this process listen at, as the system writes them. */
    private static Set<String> listeningAddresses() throws IOException {
        Set<String> own = new HashSet<>();
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            for (Path file : files.filter(Files::isSymbolicLink).toList()) {
                own.add(Files.readSymbolicLink(file).toString());
            }
        } catch (NoSuchFileException e) {
            // The one of the list itself.
        }
        Set<String> addresses = new TreeSet<>();
        for (String table : List.of("/proc/self/net/tcp", "/proc/self/net/tcp6")) {
            for (String line : Files.readAllLines(Path.of(table))) {
                String[] columns = line.strip().split("\\s+", -1);
                if (columns[3].equals("0A") && own.contains("socket:[" + columns[9] + "]")) {
                    addresses.add(columns[1].split(":", -1)[0]);
                }
            }
        }
        return addresses;
    }

    private static long count(String folder) throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc/self", folder))) {
            return files.count();
        }
    }

    private static void rejoin() throws IOException, InterruptedException {
        int rank = Integer.parseInt(System.getenv("RANK"));
        int port = Integer.parseInt(System.getenv("MASTER_PORT"));
        try (NDManager manager = NDManager.newBaseManager()) {
            for (int i = 0; i < 30; i++) {
                try (ProcessGroup group =
                        ProcessGroup.init("localhost:" + port, rank, 2, Duration.ofSeconds(20))) {
                    NDArray x = manager.create(new float[] {rank + 1, i});
                    group.allReduce(x, ReduceOp.SUM);
                    if (x.getFloat(0) != 3 || x.getFloat(1) != 2 * i) {
                        throw new IllegalStateException(Arrays.toString(x.toFloatArray()));
                    }
                    group.barrier();
                    // The other rank is back before the group has ended.
                    Thread.sleep(rank == 0 && i % 10 == 0 ? 300 : 0);
                }
                if (i == 4 || i == 29) {
                    System.out.println("threads " + count("task") + " handles " + count("fd"));
                }
            }
        }
    }

    /** Calls other things than the other ranks, in a group for each, and says what comes of it. */
    private static void differ() {
        for (int i = 0; i < 10; i++) {
            String outcome = "nothing failed";
            long start = System.nanoTime();
            try (ProcessGroup group = join(i < 9 ? 60 : 3);
                    NDManager manager = NDManager.newBaseManager()) {
                start = System.nanoTime();
                boolean first = group.rank() == 0;
                NDArray four = manager.arange(4f);
                NDArray other =
                        switch (i) {
                            case 0, 5 -> manager.arange(2f);
                            case 1 -> four.reshape(2, 2);
                            case 2 -> four.toType(DataType.INT32, false);
                            case 3 -> manager.create(new Shape(0));
                            case 6 -> manager.arange(12f);
                            default -> four;
                        };
                NDArray own = first ? four : other;
                switch (i) {
                    case 4 -> group.allReduce(four, first ? ReduceOp.SUM : ReduceOp.MAX);
                    case 5 -> group.allGather(own);
                    case 6 -> group.reduceScatter(first ? manager.arange(6f) : other, ReduceOp.SUM);
                    case 7 -> group.broadcast(new NDList(four), first ? 0 : 1);
                    case 8 -> {
                        if (first) {
                            group.weightedMean(new NDList(four), 1);
                        } else {
                            group.allReduce(manager.arange(5f), ReduceOp.SUM);
                        }
                    }
                    case 9 -> {
                        for (int k = 0; k < 3; k++) {
                            group.allReduce(four, ReduceOp.SUM);
                        }
                        group.allReduce(first ? four : manager.arange(9f), ReduceOp.SUM);
                    }
                    default -> group.allReduce(own, ReduceOp.MEAN);
                }
                group.barrier();
            } catch (DistributedException e) {
                outcome = e.getMessage();
            }
            System.out.printf("%d %.1f s %s%n", i, (System.nanoTime() - start) / 1e9, outcome);
        }
    }

    private static void silent() throws InterruptedException {
        ProcessGroup group = join(4);
        if (group.rank() == group.worldSize() - 1) {
            Thread.sleep(9000);
        }
        fail(group);
        group.close();
    }

    private static void lost() throws IOException {
        ProcessGroup group = join(60);
        group.barrier();
        if (group.rank() == 1) {
            System.out.println("joined");
            System.out.flush();
            System.in.read(); // to be killed here
        }
        fail(group);
        group.close();
    }

    /** Ends in rank 1 without closing the group. */
    private static void leave() {
        ProcessGroup group = join(60);
        group.barrier();
        if (group.rank() == 0) {
            fail(group);
            group.close();
            group.close();
        }
    }

    /** Calls the same many times, and says what that leaves behind. */
    private static void many() throws IOException {
        try (ProcessGroup group = join(60);
                NDManager manager = NDManager.newBaseManager()) {
            NDArray x = manager.ones(new Shape(3));
            int calls = Integer.getInteger("distributed.calls", 5000);
            for (int i = 0; i <= calls; i++) {
                group.allReduce(x, ReduceOp.MEAN);
                if (i == calls / 10 || i == calls) {
                    System.out.println("threads " + count("task") + " handles " + count("fd"));
                }
            }
            System.out.println(Arrays.toString(x.toFloatArray()));
        }
    }

    private static ProcessGroup join(int seconds) {
        return ProcessGroup.init(
                "127.0.0.1:" + System.getenv("MASTER_PORT"),
                Integer.parseInt(System.getenv("RANK")),
                Integer.parseInt(System.getenv("WORLD_SIZE")),
                Duration.ofSeconds(seconds));
    }

    private static void fail(ProcessGroup group) {
        long start = System.nanoTime();
        try {
            group.barrier();
            System.out.println("nothing failed");
        } catch (DistributedException e) {
            System.out.printf("%.1f s%n%s%n", (System.nanoTime() - start) / 1e9, e.getMessage());
        }
    }
}
