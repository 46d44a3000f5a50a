/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * What is particular to the PyTorch engine: operations written in TorchScript ({@link
 * org.djlext.torch.TorchScript}), and the engine's random numbers.
 */
@NullMarked
package org.djlext.torch;

import org.jspecify.annotations.NullMarked;
