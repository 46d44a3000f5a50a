/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * Operations of libtorch that DJL does not show on the PyTorch engine.
 *
 * <p>They run where their first array is, on the CPU or a GPU, in its type, and results belong to
 * its manager; gradients are the engine's own. Axes count from 0, or from -1 for the last.
 *
 * <p>Shapes: (...) is any number of axes; N rows; B sequences of a batch, H heads, T and S time
 * steps, D channels a head. (DJL's own {@code NDArrays.concat} and {@code NDArray.softmax} are one
 * call already and are not repeated here.)
 */
@NullMarked
package org.djlext.torch.ops;

import org.jspecify.annotations.NullMarked;
