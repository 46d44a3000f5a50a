/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

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
        assertEquals(List.of("level 1"), run("-Xmx64m"));
        assertEquals(List.of("level 4"), run("-Xmx64m", "-XX:TieredStopAtLevel=4"));
    }

    private static List<String> run(String... jvmOptions) throws IOException, InterruptedException {
        List<String> lines = Collections.synchronizedList(new ArrayList<>());
        RankProcess.Program program =
                new RankProcess.Program(
                        Compilers.class.getName(),
                        List.of("level "),
                        List.of(jvmOptions),
                        Map.of());
        try (LocalRanks ranks =
                new LocalRanks(program, 1, (rank, isError, line) -> lines.add(line))) {
            ranks.await();
        }
        return lines;
    }
}
