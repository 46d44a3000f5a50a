/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * Operations, Blocks and Losses with a hand-written backward.
 *
 * <p>Shapes: N is the number of rows of a batch, T of time steps, C of channels or features, K of
 * classes. Gradients are named dX for X and have the shape of X. Each operation is one file, with
 * forward directly above backward.
 */
@NullMarked
package org.djlext.nn;

import org.jspecify.annotations.NullMarked;
