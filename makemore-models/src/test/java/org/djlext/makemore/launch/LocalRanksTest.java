/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
@Timeout(60)
class LocalRanksTest {

    /** Prints without end, and does not end when it is asked to; one rank may fail. */
    public static final class Stubborn {

        private Stubborn() {}

        /**
         * The main.
         *
         * @param args the rank that fails
         */
        public static void main(String[] args) throws InterruptedException {
            String rank = System.getenv("RANK");
            if (rank.equals(args[0])) {
                System.exit(3);
            }
            Runtime.getRuntime()
                    .addShutdownHook(
                            new Thread(
                                    () -> {
                                        while (true) {
                                            System.out.println("not yet");
                                        }
                                    }));
            while (true) {
                System.out.println(rank);
            }
        }
    }

    private static LocalRanks start(String failing, Collection<Integer> printed)
            throws IOException {
        RankProcess.Program program =
                new RankProcess.Program(
                        Stubborn.class.getName(), List.of(failing), List.of("-Xmx64m"), Map.of());
        return new LocalRanks(
                program,
                3,
                (rank, isError, line) -> {
                    if (line.equals(String.valueOf(rank))) {
                        printed.add(rank);
                    }
                });
    }

    @Test
    void theOneThatFailsIsToldAndNothingIsLeftOfTheOthers() throws Exception {
        Set<Integer> printed = new ConcurrentSkipListSet<>();
        try (LocalRanks ranks = start("1", printed)) {
            RankProcess failed = ranks.await();
            assertNotNull(failed);
            assertEquals(1, failed.rank());
            assertEquals(3, failed.process().exitValue());
            assertEquals(Set.of(0, 2), printed);
            assertNoneIsLeft();
        }
    }

    @Test
    void ranksThatDoNotEndAreWaitedForTogether() throws Exception {
        Set<Integer> printed = new ConcurrentSkipListSet<>();
        try (LocalRanks ranks = start("none", printed)) {
            while (printed.size() < 3) {
                Thread.sleep(20);
            }
            long start = System.nanoTime();
            ranks.interrupt(Duration.ofSeconds(2));
            assertTrue(System.nanoTime() - start < 5e9);
        }
    }

    private static void assertNoneIsLeft() {
        assertEquals(
                0,
                ProcessHandle.current()
                        .children()
                        .filter(ProcessHandle::isAlive)
                        .filter(child -> child.info().commandLine().orElse("").contains("Stubborn"))
                        .count());
    }
}
