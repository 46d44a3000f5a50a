/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * A whole training step of lecture 5's network as loops over arrays, an operation a file: forward
 * above, backward below it.
 *
 * <p>A call of the engine costs some microseconds, which is much where an operation has only some
 * thousand numbers to work on. Here nothing is called. The loops are written so that the virtual
 * machine's compiler makes vector instructions of them: the innermost one runs along rows that are
 * arrays of their own, it stores to one array alone, it makes no choices, and a few rows of a
 * product are added at a time; not more than a few, for a long body is left as it is. On larger
 * networks the engine's products of matrices are faster.
 *
 * <p>Shapes: n examples of a batch, in and out features, V characters, T positions. A matrix is an
 * array of its rows; behind the numbers of a row there may be zeros, up to a multiple of eight. The
 * gradient of the loss with respect to x is dx, and lr is the learning rate.
 */
@NullMarked
package org.djlext.makemore.kernels;

import org.jspecify.annotations.NullMarked;
