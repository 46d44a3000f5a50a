/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/** Workbooks: the lectures' gradients, to be worked out by oneself and compared line by line. */
@NullMarked
package org.djlext.makemore.exercise;

import org.jspecify.annotations.NullMarked;
