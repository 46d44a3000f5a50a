/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.Set;
import org.djlext.gradcheck.Check;
import org.djlext.gradcheck.GradCheck;
import org.djlext.gradcheck.GradCheckFailure;
import org.djlext.gradcheck.GradCheckReport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The forward rules of the operations, held against central differences. */
class ForwardModeOfOperationsTest {

    /** Those whose forward mode is two backward passes. */
    private static final Set<String> WITHOUT_RULE =
            Set.of("causalAttention", "lastQueries", "attentionDropout", "rnn", "gru");

    @ParameterizedTest
    @MethodSource("org.djlext.nn.OpCases#all")
    void areThoseOfCentralDifferences(OpCase op) {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDList inputs = OpCase.leaves(op.inputs().apply(manager));
            GradCheckReport report =
                    GradCheck.builder()
                            .optForwardAd(true)
                            .optNondetTol(1e-14)
                            .build()
                            .check(in -> new NDList(op.manual(in)), inputs);
            if (WITHOUT_RULE.contains(op.name())) {
                assertFalse(report.isPassed(), report::toString);
                GradCheckFailure failure = report.failures().get(0);
                assertEquals(Check.FORWARD_MODE, failure.check(), report::toString);
                assertTrue(failure.message().contains("has no forward mode"), failure::message);
            } else {
                report.assertPassed();
                assertTrue(report.passed().contains(Check.FORWARD_MODE));
            }
        }
    }
}
