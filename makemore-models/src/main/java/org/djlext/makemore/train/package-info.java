/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/** Training, evaluation and checkpoints. */
@NullMarked
package org.djlext.makemore.train;

import org.jspecify.annotations.NullMarked;
