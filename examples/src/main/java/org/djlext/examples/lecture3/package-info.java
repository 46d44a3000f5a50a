/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * Lecture 3, a multilayer perceptron (makemore part 2), topic by topic: {@link
 * org.djlext.examples.lecture3.OneHotRows}, {@link org.djlext.examples.lecture3.Concatenation},
 * {@link org.djlext.examples.lecture3.SoftmaxOverflow}, {@link
 * org.djlext.examples.lecture3.OneBatch}, {@link org.djlext.examples.lecture3.MiniBatches}. {@code
 * makemore diagnose --experiment NAME} runs one, {@code makemore lr-find} searches a learning rate,
 * {@code makemore train} trains the network.
 */
@NullMarked
package org.djlext.examples.lecture3;

import org.jspecify.annotations.NullMarked;
