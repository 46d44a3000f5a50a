/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * The numbers by which makemore 3 judges a network from within, without pictures: how activations,
 * gradients and updates are distributed, layer by layer.
 *
 * <p>Standard deviations are unbiased, as {@code torch.std} has them. Layers are numbered as in the
 * lecture, from 0 at the first after the embedding and its flattening.
 */
@NullMarked
package org.djlext.makemore.diagnostics;

import org.jspecify.annotations.NullMarked;
