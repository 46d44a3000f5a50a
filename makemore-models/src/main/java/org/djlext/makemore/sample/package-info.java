/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/** Draws names from models. */
@NullMarked
package org.djlext.makemore.sample;

import org.jspecify.annotations.NullMarked;
