/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * Lecture 5, becoming a backprop ninja (makemore part 4): exercises 1 to 3 in {@link
 * org.djlext.examples.lecture5.NinjaGradients}, exercise 4 in {@link
 * org.djlext.examples.lecture5.NinjaTraining}, both by {@code makemore ninja}; the gradient of the
 * logits as a picture in {@link org.djlext.examples.lecture5.LogitGradients}.
 */
@NullMarked
package org.djlext.examples.lecture5;

import org.jspecify.annotations.NullMarked;
