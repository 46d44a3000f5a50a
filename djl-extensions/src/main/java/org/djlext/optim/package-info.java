/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/** Optimizers that DJL lacks, or whose arithmetic differs from PyTorch's there. */
@NullMarked
package org.djlext.optim;

import org.jspecify.annotations.NullMarked;
