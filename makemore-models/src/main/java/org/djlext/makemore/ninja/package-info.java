/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * Lecture 5, "Becoming a backprop ninja": the gradients of an MLP with batch norm, by hand.
 *
 * <p>Exercise 1 is {@link org.djlext.makemore.ninja.ChunkedForward} and {@link
 * org.djlext.makemore.ninja.ChunkedBackward}; exercises 2 and 3 are {@link
 * org.djlext.nn.CrossEntropyFunction} and {@link org.djlext.nn.BatchNormFunction}; exercise 4 is
 * {@link org.djlext.makemore.ninja.ManualStep} and {@link org.djlext.makemore.ninja.ManualTrainer},
 * which compiles the same step, {@link org.djlext.makemore.ninja.NinjaNetwork}, to one script.
 *
 * <p>Shapes, with the lecture's sizes: n = 32 rows of a batch, 3 characters of context, 10 numbers
 * a character (nEmbd), 64 or 200 hidden units (nHidden), 27 characters (vocabSize). Names are the
 * lecture's, in Java's spelling; the gradient of x is dx.
 */
@NullMarked
package org.djlext.makemore.ninja;

import org.jspecify.annotations.NullMarked;
