/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.distributed;

import org.jspecify.annotations.Nullable;

/**
 * A Loss that is a mean over its labels without those of one value, such as padding. The losses and
 * gradients of ranks are weighted by how many labels each has, so these must not be counted.
 */
public interface LabelMean {

    /** {@return the label that does not count, or null if all count} */
    @Nullable Long ignoreIndex();
}
