/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture4;

import ai.djl.ndarray.NDArray;
import java.util.LinkedHashMap;
import java.util.Map;
import org.djlext.examples.lecture.Lab;
import org.djlext.makemore.data.TorchGenerator;

/**
 * What a loss is at the start, with four classes of which number 2 is right: ln(4) if all logits
 * are alike, hardly anything if the right one happens to be large, and very much if another one is.
 * The probability of the right class underflows to 0 in the end, and its logarithm is infinite.
 */
public final class FourClasses extends Lab {

    private static final int LABEL = 2;
    private static final int DRAWS = 5;

    /** Creates the experiment. */
    public FourClasses() {}

    @Override
    protected void run() {
        NDArray normal = new TorchGenerator(seed(SEED)).randn(manager, DRAWS, 4);
        Map<String, NDArray> logits = new LinkedHashMap<>();
        logits.put("0 0 0 0", manager.create(new float[][] {{0, 0, 0, 0}}));
        logits.put("0 0 5 0", manager.create(new float[][] {{0, 0, 5, 0}}));
        logits.put("0 5 0 0", manager.create(new float[][] {{0, 5, 0, 0}}));
        logits.put("randn", normal);
        logits.put("randn * 10", normal.mul(10));
        logits.put("randn * 100", normal.mul(100));
        out.line("logits        -log(softmax(logits)[%d]); randn drawn %d times", LABEL, DRAWS);
        logits.forEach(
                (name, l) -> {
                    NDArray losses = l.softmax(1).get(":, " + LABEL).log().mul(-1).add(0);
                    out.line("%-12s %s", name, row("%9.4f", losses));
                });
    }
}
