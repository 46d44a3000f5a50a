/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * The second lecture, bigrams, topic by topic. Each class has a main, and a {@code run} that prints
 * the same and returns the numbers.
 *
 * <p>In the lecture's order: {@link org.djlext.examples.lecture2.ReadingNames}, {@link
 * org.djlext.examples.lecture2.DictionaryCounts}, {@link
 * org.djlext.examples.lecture2.TensorBasics}, {@link org.djlext.examples.lecture2.CountMatrix},
 * {@link org.djlext.examples.lecture2.DrawingNumbers}, {@link
 * org.djlext.examples.lecture2.SamplingNames}, {@link org.djlext.examples.lecture2.Broadcasting},
 * {@link org.djlext.examples.lecture2.LossOfCounts}, {@link
 * org.djlext.examples.lecture2.OneHotInput}, {@link org.djlext.examples.lecture2.NetStepByStep},
 * {@link org.djlext.examples.lecture2.TrainingTheNet}, {@link
 * org.djlext.examples.lecture2.CountsAndNet}, {@link org.djlext.examples.lecture2.ContextGrowth}.
 *
 * <p>Legend. N are counts of shape (27, 27), row by first character and column by second; P the
 * probabilities made of them; W the weights of the net, of the same shape; xs and ys the first and
 * second characters of n bigrams; nll the negative log likelihood.
 */
@NullMarked
package org.djlext.examples.lecture2;

import org.jspecify.annotations.NullMarked;
