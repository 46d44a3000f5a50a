/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/** The memory of the process during a training. */
@NullMarked
package org.djlext.examples.memory;

import org.jspecify.annotations.NullMarked;
