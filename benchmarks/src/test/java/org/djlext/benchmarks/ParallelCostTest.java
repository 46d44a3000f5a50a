/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.djlext.benchmarks.ParallelCost.Model;
import org.djlext.benchmarks.ParallelCost.Network;
import org.junit.jupiter.api.Test;

class ParallelCostTest {

    private static final Network FAST = new Network("none", 0, Double.POSITIVE_INFINITY);

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
}
