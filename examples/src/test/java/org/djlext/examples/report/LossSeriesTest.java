/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LossSeriesTest {

    @Test
    void aShortRunHasAPointAStep() {
        LossSeries series = new LossSeries();
        for (int i = 0; i < 5; i++) {
            series.add(10 + i, i * i);
        }
        ReportData.Losses curve = series.curve();
        assertEquals(List.of(10, 11, 12, 13, 14), curve.step());
        assertEquals(List.of(0f, 1f, 4f, 9f, 16f), curve.low());
        assertEquals(curve.low(), curve.high());
        assertEquals(15, series.next());
    }

    @Test
    void aLongRunLosesNoSpikeAndKeepsItsMean() {
        Random random = new Random(1);
        LossSeries series = new LossSeries();
        float[] losses = new float[123_457];
        for (int i = 0; i < losses.length; i++) {
            losses[i] = 2 + (float) random.nextGaussian() / 10;
        }
        losses[77_777] = 50;
        losses[99_999] = -50;
        for (int i = 0; i < losses.length; i++) {
            series.add(i, losses[i]);
        }
        ReportData.Losses curve = series.curve();
        assertEquals(124, curve.group());
        assertEquals(996, curve.step().size());
        assertEquals(50, curve.high().get(77_777 / 124));
        assertEquals(-50, curve.low().get(99_999 / 124));
        // By the definition, without sums from the start.
        int middle = curve.step().get(500);
        int reach = curve.window() / 2;
        double sum = 0;
        for (int i = middle - reach; i <= middle + reach; i++) {
            sum += losses[i];
        }
        assertEquals(sum / curve.window(), curve.smooth().get(500), 1e-9);
        assertEquals(losses.length - 1, series.lastSteps()[995]);
    }

    @Test
    void aStepThatIsLeftOutIsRefused() {
        LossSeries series = new LossSeries();
        series.add(3, 1);
        assertEquals(
                "the loss of step 4 comes next, but got step 6",
                assertThrows(IllegalArgumentException.class, () -> series.add(6, 1)).getMessage());
    }
}
