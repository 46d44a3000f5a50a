/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import java.nio.file.Path;
import java.time.Duration;
import org.djlext.distributed.ProcessGroup;
import org.djlext.nn.SyncBatchNormFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Batch norm over all ranks of a group of one, which finite differences can see whole. */
@EnabledOnOs(OS.LINUX)
class SyncBatchNormTest extends SeededTest {

    @Test
    void hasFirstDerivativesAndRefusesSecondOnes(@TempDir Path dir) {
        try (ProcessGroup group =
                ProcessGroup.init("file://" + dir.resolve("store"), 0, 1, Duration.ofSeconds(9))) {
            GradCheck check = GradCheck.builder().optForwardAd(true).build();
            for (int correction : new int[] {0, 1}) {
                SyncBatchNormFunction norm = new SyncBatchNormFunction(group, 1e-5, correction);
                NDArray[] inputs = {leaf(2, 3, 4), leaf(4), leaf(4)};
                check.check(norm, inputs).assertPassed();
                GradCheckReport second = check.gradGradCheck(norm, inputs);
                assertFalse(second.isPassed());
                assertTrue(
                        second.toString()
                                .contains(
                                        "batch norm over all ranks has no second derivatives; let"
                                                + " each rank have its own"),
                        second.toString());
            }
        }
    }
}
