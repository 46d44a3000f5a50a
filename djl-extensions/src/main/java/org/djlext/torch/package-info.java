/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * What is particular to the PyTorch engine: operations written in TorchScript ({@link
 * org.djlext.torch.TorchScript}), and the native library through which a Java method becomes the
 * backward of a node in the engine's graph. Users of the extensions have no need of the latter; see
 * {@code org.djlext.autograd}.
 */
@NullMarked
package org.djlext.torch;

import org.jspecify.annotations.NullMarked;
