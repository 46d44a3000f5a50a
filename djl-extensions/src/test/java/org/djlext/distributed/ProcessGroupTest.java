/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.distributed;

import static org.djlext.testing.Failures.assertFails;
import static org.djlext.testing.Failures.assertRefused;
import static org.djlext.testing.Failures.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.djlext.testing.Command;
import org.djlext.testing.Ranks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Groups of processes of their own; what each does is in {@link RankProgram}. */
@EnabledOnOs(OS.LINUX)
class ProcessGroupTest {

    private static List<String> lines(Command rank) {
        assertEquals(0, rank.exitCode(), rank.output());
        return quiet(rank);
    }

    /** Returns the lines of a rank without what libtorch says of a connection that has ended. */
    private static List<String> quiet(Command rank) {
        return rank.output()
                .lines()
                .filter(line -> !line.matches("(frame|\\[[WE]|Exc).*|"))
                .toList();
    }

    @Test
    void collectivesGiveEachRankWhatArithmeticSaysAndGroupsLeaveNothing() throws Exception {
        try (Ranks ranks = new Ranks(RankProgram.class, 2, "collectives", "rejoin")) {
            List<Command> ended = ranks.await();
            List<String> expected =
                    List.of(
                            "SUM (3) [3.0, 30.0, -1.0]",
                            "MEAN (3) [1.5, 15.0, -0.5]",
                            "MAX (3) [2.0, 20.0, 0.0]",
                            "list (2, 2) [1.0, 2.0, 4.0, 6.0]",
                            "list (2) [1, 14]",
                            "list () [2.0]",
                            "list (2, 2) [2.0, 6.0, 4.0, 9.0]",
                            "broadcast () [6.0]",
                            "broadcast (1) [1]",
                            "gather (2, 2) [0.0, 0.5, 1.0, 0.5]",
                            "scalars (2) [0.5, 1.5]",
                            "nothing (0, 3) []",
                            "float16 (2) [1.0, 1.0]",
                            "uint8 (2) [1, 1]",
                            "boolean (2) [1, 1]",
                            "scatter (2) [1.0, 3.0]",
                            "scatter mean (2) [0.5, 1.5]",
                            "the mean over ranks needs arrays of a floating type, but got int32",
                            "script () [20.0]",
                            "listens at [0100007F]");
            int count = expected.size();
            assertEquals(expected, lines(ended.get(0)).subList(0, count));
            List<String> second = new ArrayList<>(expected);
            second.set(15, "scatter (2) [5.0, 7.0]");
            second.set(16, "scatter mean (2) [2.5, 3.5]");
            assertEquals(second, lines(ended.get(1)).subList(0, count));
            for (Command rank : ended) {
                List<String> counts = lines(rank).subList(count, lines(rank).size());
                assertEquals(2, counts.size(), rank.output());
                assertNoneAreLeft(counts.get(0), counts.get(1));
            }
        }
    }

    /** Compares threads and handles; the JVM starts and ends some of its own. */
    private static void assertNoneAreLeft(String early, String late) {
        for (int place : new int[] {1, 3}) { // a group has more than two of each
            int before = Integer.parseInt(early.split(" ", -1)[place]);
            int more = Integer.parseInt(late.split(" ", -1)[place]) - before;
            assertTrue(more <= 5, early + ", then " + late);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void ranksThatCallDifferentThingsGetAnErrorAndNoNumber(int size) throws Exception {
        try (Ranks ranks = new Ranks(RankProgram.class, size, "differ")) {
            Set<Integer> said = new TreeSet<>();
            for (Command rank : ranks.await()) {
                List<String> lines = lines(rank);
                assertEquals(10, lines.size(), rank.output());
                for (int i = 0; i < lines.size(); i++) {
                    String[] words = lines.get(i).split(" ", 4);
                    assertEquals(String.valueOf(i), words[0], rank.output());
                    assertTrue(Double.parseDouble(words[1]) < 9, rank.output()); // of 60
                    assertTrue(words[3].contains("start all ranks again"), rank.output());
                    if (words[3].contains("but another rank something else; all must call the")) {
                        said.add(i);
                    }
                }
            }
            // The last is another call than was to be expected, which is waited for.
            assertEquals(Set.of(0, 1, 2, 3, 4, 5, 6, 7, 8), said);
        }
    }

    @Test
    void silentRankEndsAllWithinTheTimeoutAndAKilledOneAtOnce() throws Exception {
        try (Ranks ranks = new Ranks(RankProgram.class, 3, "silent", "lost")) {
            while (!ranks.output(1).contains("joined")) {
                assertTrue(ranks.process(1).isAlive(), ranks.output(1));
                Thread.sleep(50);
            }
            Thread.sleep(1000); // the others wait for it
            ranks.process(1).destroyForcibly();
            List<Command> ended = ranks.await();
            int timeouts = 0;
            for (Command rank : ended) {
                List<String> lines = quiet(rank);
                assertTrue(seconds(lines.get(0)) < 5.5, rank.output());
                assertTrue(
                        lines.get(1).matches("rank . of 3 (waited 4.0 s|has lost).*"),
                        lines.get(1));
                assertTrue(lines.get(1).contains("start all ranks again"), lines.get(1));
                timeouts += lines.get(1).contains("Timed out waiting 4000ms") ? 1 : 0;
            }
            assertTrue(timeouts > 0);
            for (int rank : new int[] {0, 2}) {
                List<String> lines = lines(ended.get(rank));
                assertTrue(seconds(lines.get(2)) < 10, lines.get(2)); // of 60
                assertTrue(lines.get(3).contains("has lost a rank ("), lines.get(3));
            }
            assertFalse(ended.get(1).output().contains("nothing failed"));
        }
    }

    @Test
    void manyCallsLeaveNothingAndARankThatLeavesIsLostAtOnce() throws Exception {
        try (Ranks ranks = new Ranks(RankProgram.class, 2, "many", "leave")) {
            List<Command> ended = ranks.await();
            for (Command rank : ended) {
                List<String> lines = lines(rank);
                assertNoneAreLeft(lines.get(0), lines.get(1));
                assertEquals("[1.0, 1.0, 1.0]", lines.get(2));
            }
            List<String> left = lines(ended.get(0));
            assertTrue(seconds(left.get(3)) < 10, left.get(3)); // of 60
            assertTrue(left.get(4).contains("has lost a rank ("), left.get(4));
        }
    }

    @Test
    void aRankThatIsThereAlreadyIsRefused(@TempDir Path dir) throws Exception {
        String store = "file://" + dir.resolve("store");
        CompletableFuture<String> first =
                CompletableFuture.supplyAsync(
                        () -> {
                            Duration timeout = Duration.ofSeconds(4);
                            return message(
                                    DistributedException.class,
                                    () -> ProcessGroup.init(store, 0, 2, timeout));
                        });
        while (!Files.exists(dir.resolve("store"))) {
            Thread.sleep(10);
        }
        Thread.sleep(500);
        String second =
                message(
                        DistributedException.class,
                        () -> ProcessGroup.init(store, 0, 2, Duration.ofSeconds(1)));
        assertTrue(second.contains("another process has joined as rank 0"), second);
        assertTrue(first.get().startsWith("rank 0 of 2 could not meet the others"), first.get());
    }

    private static double seconds(String line) {
        return Double.parseDouble(line.replace(" s", ""));
    }

    @Test
    void ranksThatDoNotComeAreWaitedForAsLongAsAsked() throws Exception {
        long start = System.nanoTime();
        String address = "127.0.0.1:" + Ranks.freePort();
        String message =
                message(
                        DistributedException.class,
                        () -> ProcessGroup.init(address, 0, 2, Duration.ofSeconds(1)));
        assertTrue(System.nanoTime() - start < 10e9);
        assertTrue(
                message.startsWith("rank 0 of 2 could not meet the others at " + address), message);
        assertTrue(message.contains("1/2 clients joined"), message);
    }

    @Test
    void groupOfOneMeetsInAFile(@TempDir Path dir) {
        try (ProcessGroup group =
                        ProcessGroup.init(
                                "file://" + dir.resolve("store"), 0, 1, Duration.ofSeconds(9));
                NDManager manager = NDManager.newBaseManager()) {
            NDArray x = manager.create(new float[] {1, 2});
            group.allReduce(new NDList(x), ReduceOp.MEAN);
            assertEquals(2, x.getFloat(1));
            assertThrows(IllegalArgumentException.class, () -> group.broadcast(new NDList(x), 1));
            group.close();
            assertFails(IllegalStateException.class, "the process group is closed", group::barrier);
        }
    }

    @Test
    void argumentsAreChecked() {
        for (String address : new String[] {"here", "127.0.0.1:", ":5", "a:0", "a:65536"}) {
            String message =
                    message(
                            IllegalArgumentException.class,
                            () -> ProcessGroup.init(address, 0, 1, Duration.ofSeconds(1)));
            assertTrue(message.contains("but got " + address + "; try HOST:PORT"), message);
        }
        assertRefused(
                "the rank of a process must be from 0 to the world size less 1, but got rank 2 of 2",
                () -> ProcessGroup.init("a:5", 2, 2, Duration.ofSeconds(1)));
        assertRefused(
                "the timeout of a process group must be from a millisecond to a year, but got PT9000000H",
                () -> ProcessGroup.init("a:5", 0, 2, Duration.ofDays(375_000)));
        String missing =
                message(
                        IllegalStateException.class,
                        () ->
                                ProcessGroup.fromEnvironment(
                                        Map.of("MASTER_ADDR", "a", "MASTER_PORT", "5")));
        assertTrue(missing.contains("but RANK is not set"), missing);
    }

    @Test
    void agentOfTorchrunServesTheStoreUnderKeysOfTheAttempt() throws Exception {
        StoreAddress address = StoreAddress.parse("localhost:29500");
        assertEquals("127.0.0.1", address.ownAddress(Map.of()));
        assertEquals("::1", StoreAddress.parse("[::1]:29500").place());
        assertTrue(address.store(0, Map.of()).isHosted());
        assertFalse(address.store(1, Map.of()).isHosted());
        var served =
                address.store(
                        0,
                        Map.of(
                                "TORCHELASTIC_USE_AGENT_STORE",
                                "True",
                                "TORCHELASTIC_RESTART_COUNT",
                                "2"));
        assertFalse(served.isHosted());
        // As torch.distributed.rendezvous and init_process_group of PyTorch 2 nest them.
        assertEquals("/worker/attempt_2/default_pg/0//cpu/", served.prefix());
    }
}
