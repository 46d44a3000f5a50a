/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * Lecture 7, "let's build GPT", topic by topic: {@link org.djlext.examples.lecture7.TextBasics},
 * then {@link org.djlext.examples.lecture7.Aggregation}. Each class has a main. The models are on
 * the command line, {@code makemore train --model gpt}.
 *
 * <p>Legend. B sequences of T characters, C features, hs the size of a head; wei are the weights
 * (T, T) by which a position takes the mean of those before it.
 */
@NullMarked
package org.djlext.examples.lecture7;

import org.jspecify.annotations.NullMarked;
