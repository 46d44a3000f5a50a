/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

/** How the losses of the examples of a batch become one number. */
public enum Reduction {
    /** The mean over the examples that are not ignored; NaN if all are. */
    MEAN,
    /** The sum. */
    SUM,
    /** No reduction: one loss an example, 0 for one that is ignored. */
    NONE
}
