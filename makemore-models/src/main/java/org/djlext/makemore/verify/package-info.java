/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/** Compares whole models with what PyTorch computes for the same weights. */
@NullMarked
package org.djlext.makemore.verify;

import org.jspecify.annotations.NullMarked;
