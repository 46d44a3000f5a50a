/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

class RankProcessTest {

    /** Says which compilers this JVM has. */
    public static final class Compilers {

        private Compilers() {}

        /**
         * The main.
         *
         * @param args what to print first
         */
        public static void main(String[] args) {
            System.out.println(
                    args[0]
                            + ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                                    .getVMOption("TieredStopAtLevel")
                                    .getValue());
        }
    }

    @Test
    void aRankHasTheQuickCompilerAloneUnlessItIsGivenAnother()
            throws IOException, InterruptedException {
        assertEquals(List.of("1"), run(Compilers.class, 1, "-Xmx64m"));
        assertEquals(List.of("4"), run(Compilers.class, 1, "-Xmx64m", "-XX:TieredStopAtLevel=4"));
    }

    /** Says which processors this JVM may use. */
    public static final class Allowed {

        private Allowed() {}

        /**
         * The main.
         *
         * @param args what to print first
         * @throws IOException if the system does not say it
         */
        public static void main(String[] args) throws IOException {
            try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
                lines.filter(line -> line.startsWith("Cpus_allowed:"))
                        .map(line -> args[0] + line.split("\\s+", -1)[1].replace(",", ""))
                        .forEach(System.out::println);
            }
        }
    }

    @Test
    @EnabledIf("canBind")
    void ranksHaveProcessorsOfTheirOwn() throws IOException, InterruptedException {
        List<BigInteger> masks =
                run(Allowed.class, 2).stream().map(mask -> new BigInteger(mask, 16)).toList();
        assertEquals(2, masks.size());
        assertEquals(BigInteger.ZERO, masks.get(0).and(masks.get(1)));
        assertTrue(masks.stream().noneMatch(BigInteger.ZERO::equals), masks.toString());
    }

    static boolean canBind() {
        return Files.isExecutable(Path.of("/usr/bin/taskset"))
                && Runtime.getRuntime().availableProcessors() >= 2;
    }

    private static List<String> run(Class<?> main, int size, String... jvmOptions)
            throws IOException, InterruptedException {
        List<String> lines = Collections.synchronizedList(new ArrayList<>());
        RankProcess.Program program =
                new RankProcess.Program(main.getName(), List.of(""), List.of(jvmOptions), Map.of());
        try (LocalRanks ranks =
                new LocalRanks(program, size, (rank, isError, line) -> lines.add(line))) {
            ranks.await();
        }
        return lines;
    }
}
