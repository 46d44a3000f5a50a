/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * The first lecture, "building micrograd", topic by topic; {@link
 * org.djlext.examples.lecture1.Lecture1} has them in its order.
 *
 * <p>Legend. h is the nudge of a numerical derivative; L a loss; o the output of a neuron, n what
 * goes into its tanh.
 */
@NullMarked
package org.djlext.examples.lecture1;

import org.jspecify.annotations.NullMarked;
