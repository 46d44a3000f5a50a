/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * Checks of hand-written gradients. {@link org.djlext.gradcheck.GradientComparison} is the
 * lecture's {@code cmp}: a gradient beside the one that it should be.
 */
@NullMarked
package org.djlext.gradcheck;

import org.jspecify.annotations.NullMarked;
