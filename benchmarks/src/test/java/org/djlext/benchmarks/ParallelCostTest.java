/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.djlext.benchmarks.ParallelCost.Model;
import org.djlext.benchmarks.ParallelCost.Network;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import picocli.CommandLine;

class ParallelCostTest {

    private static final Network FAST = new Network("none", 0, Double.POSITIVE_INFINITY);

    private static List<String> lines(Object command, int code, String... args) {
        StringWriter printed = new StringWriter();
        PrintWriter writer = new PrintWriter(printed);
        int got = new CommandLine(command).setOut(writer).setErr(writer).execute(args);
        assertEquals(code, got, printed.toString());
        return printed.toString().lines().toList();
    }

    // The bound of Patarasuk and Yuan (2009): each process sends 2 (n - 1) / n of the numbers.
    @Test
    void ringSendsWhatABandwidthOptimalAllReduceDoes() {
        Network network = new Network("1 GB/s", 0, 1e9);
        for (int n : new int[] {1, 2, 4, 64}) {
            assertEquals(2.0 * (n - 1) / n * 4e9 / 1e9, network.allReduce(1_000_000_000, n), 1e-9);
        }
    }

    @Test
    void networkOfTwoMeasurementsGivesThemBack() {
        Network network = Network.of("here", 2e-4, 3e-3, 1_000_000);
        assertEquals(2e-4, network.allReduce(0, 2), 1e-12);
        assertEquals(3e-3, network.allReduce(1_000_000, 2), 1e-12);
    }

    // Amdahl's law, where only the fixed part is not shared.
    @Test
    void withoutMessagesTheFixedPartAloneIsLost() {
        Model model = new Model("m", 1000, 10, 0.2, 0.08);
        assertEquals(1 / (0.2 * 4 + 0.8), model.efficiency(4, 1, FAST), 1e-12);
        assertEquals(1, new Model("m", 1000, 10, 0, 0.1).efficiency(4, 1, FAST), 1e-12);
        // Four processes on two cores gain what two gain, less the fixed part twice.
        assertEquals(2 * (0.2 + 0.2), model.step(4, 2, 1, FAST), 1e-12);
    }

    @Test
    void printsATableAndRefusesWhatIsNoModel() {
        List<String> table =
                lines(
                        new ParallelCost(),
                        0,
                        "--model=mine:1e6:10:0:1",
                        "--network=slow:0:0.032",
                        "--processes=1,2",
                        "--average-every=100");
        // 10 ms alone; two take 5 ms and a hundredth of a second for 4 MB at 4 MB a second.
        assertEquals("| mine | 1,000,000 | 10.00 | 100, 33 |", table.get(table.size() - 1));
        List<String> refused = lines(new ParallelCost(), 2, "--model=mine:1e6:x:0:1");
        assertTrue(refused.get(0).endsWith("but got mine:1e6:x:0:1"), refused.toString());
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void measuresOneProcessBesideTwo() {
        List<String> lines = lines(new ParallelSpeed(), 0, "--quick", "--case=wavenet");
        List<String> rows =
                lines.stream().filter(line -> line.matches("\\| [12] \\| (8|32|64) .*")).toList();
        assertEquals(4, rows.size(), lines.toString());
        for (String row : rows) {
            // Of 2,000 steps; it begins with the logarithm of 27.
            assertTrue(loss(row) > 2 && loss(row) < 2.8, lines.toString());
        }
        assertEquals(loss(rows.get(0)), loss(rows.get(2)), 0.1);
    }

    private static double loss(String row) {
        String[] cells = row.split(" \\| ?", -1);
        return Double.parseDouble(cells[cells.length - 2]);
    }
}
