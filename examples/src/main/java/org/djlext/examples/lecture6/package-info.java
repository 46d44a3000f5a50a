/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * Lecture 6, WaveNet (makemore part 5), topic by topic: {@link
 * org.djlext.examples.lecture6.LayerShapes}, {@link org.djlext.examples.lecture6.BatchNormAxes},
 * {@link org.djlext.examples.lecture6.SlidingTree}. {@code makemore diagnose --experiment NAME}
 * runs one, {@code makemore train --model wavenet} trains the network.
 */
@NullMarked
package org.djlext.examples.lecture6;

import org.jspecify.annotations.NullMarked;
