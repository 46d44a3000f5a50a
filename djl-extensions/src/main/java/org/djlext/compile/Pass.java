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
            List.of(new DeadLines(), new FoldedConstants(), new SameLineOnce(), new DeadLines());

    /** The passes for a function that does many steps. */
    List<Pass> MANY_STEPS = ONE_STEP;

    /** Changes the lines of a program. */
    void apply(Program program);
}
