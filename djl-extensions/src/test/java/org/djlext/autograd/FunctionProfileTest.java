/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Counts of calls, time and saved memory. */
class FunctionProfileTest extends GraphTestBase {

    private static final class Sleepy extends AutogradFunction {
        @Override
        protected NDList forward(FunctionContext ctx, NDList inputs) {
            Threads.sleep(20);
            ctx.saveForBackward(inputs.get(0), null);
            return new NDList(inputs.get(0).square());
        }

        @Override
        protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
            Threads.sleep(60);
            return gradOutputs;
        }
    }

    @Test
    void callsTimesAndMemoryByName() {
        NDArray x = leaf(1, 2, 3, 4);
        TestFunctions.square().apply(x);
        List<FunctionProfile.Row> rows;
        String table;
        try (FunctionProfile profile = FunctionProfile.start()) {
            NDArray a = new Sleepy().apply(x);
            NDArray b = new Sleepy().apply(TestFunctions.square().apply(x));
            backward(a.add(b).sum());
            rows = profile.rows();
            table = profile.toString();
            assertThrows(IllegalStateException.class, FunctionProfile::start);
        }
        TestFunctions.square().apply(x);
        assertEquals(2, rows.size());
        FunctionProfile.Row sleepy = rows.get(0);
        assertEquals("Sleepy", sleepy.function());
        assertEquals(2, sleepy.forwards());
        assertEquals(2, sleepy.backwards());
        // Twice four numbers of eight bytes.
        assertEquals(64, sleepy.savedBytes());
        assertTrue(sleepy.forwardNanos() >= 40_000_000, "" + sleepy);
        assertTrue(sleepy.backwardNanos() >= 120_000_000, "" + sleepy);
        assertEquals("LambdaFunction", rows.get(1).function());
        assertEquals(1, rows.get(1).forwards());
        assertEquals(3, table.lines().count());
        assertTrue(table.lines().toList().get(1).startsWith("Sleepy  "), table);
        // A closed one makes room for the next.
        try (FunctionProfile next = FunctionProfile.start()) {
            assertEquals(List.of(), next.rows());
        }
    }
}
