/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * The second lecture, bigrams, topic by topic; {@link org.djlext.examples.lecture2.Lecture2} has
 * them in its order.
 *
 * <p>Legend. N are counts of shape (27, 27), row by first character and column by second; P the
 * probabilities made of them; W the weights of the net, of the same shape; xs and ys the first and
 * second characters of n bigrams; nll the negative log likelihood.
 */
@NullMarked
package org.djlext.examples.lecture2;

import org.jspecify.annotations.NullMarked;
