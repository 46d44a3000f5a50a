/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * Lecture 4, activations, gradients and batch norm (makemore part 3), topic by topic: {@link
 * org.djlext.examples.lecture4.FourClasses}, {@link org.djlext.examples.lecture4.HockeyStick},
 * {@link org.djlext.examples.lecture4.SaturatedTanh}, {@link
 * org.djlext.examples.lecture4.Nonlinearities}, {@link org.djlext.examples.lecture4.SignalScales},
 * {@link org.djlext.examples.lecture4.BatchNormFacts}, {@link
 * org.djlext.examples.lecture4.BatchNormStatistics}, {@link
 * org.djlext.examples.lecture4.DeepNetwork}. {@code makemore diagnose --experiment NAME} runs one.
 */
@NullMarked
package org.djlext.examples.lecture4;

import org.jspecify.annotations.NullMarked;
