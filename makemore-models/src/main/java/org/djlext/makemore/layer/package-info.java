/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * The layers of the lectures as DJL Blocks, and the operations under them with a hand-written
 * backward or with the engine's ({@link org.djlext.makemore.layer.Gradients}).
 */
@NullMarked
package org.djlext.makemore.layer;

import org.jspecify.annotations.NullMarked;
