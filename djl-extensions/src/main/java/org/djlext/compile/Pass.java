/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import java.util.List;

/** Makes a program faster, without a change of what it computes. */
interface Pass {

    /** The passes for a function that does one step. */
    List<Pass> ONE_STEP =
            List.of(
                    new DeadLines(),
                    new FoldedConstants(),
                    new ShortViews(),
                    new SameLineOnce(),
                    new DeadLines());

    /** The passes for a function that does many steps. */
    List<Pass> MANY_STEPS =
            List.of(
                    new DeadLines(),
                    new FoldedConstants(),
                    new ShortViews(),
                    new SameLineOnce(),
                    new BatchViews(),
                    new RowSums(),
                    new FoldedUpdates(),
                    new TanhBySigmoid(),
                    new ProductSums(),
                    new NumbersAsArrays(),
                    new DeadLines(),
                    new BeforeTheLoop(),
                    new Buffers(),
                    new BeforeTheLoop());

    /** Changes the lines of a program. */
    void apply(Program program);
}
