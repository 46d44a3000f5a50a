/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * Several processes that compute together: collectives over arrays, on one machine or many, by the
 * gloo of {@code torch.distributed} that DJL's engine has in it.
 *
 * <p>{@link org.djlext.distributed.ProcessGroup} is the whole of it. Training with one is in {@code
 * org.djlext.compile}.
 */
@NullMarked
package org.djlext.distributed;

import org.jspecify.annotations.NullMarked;
