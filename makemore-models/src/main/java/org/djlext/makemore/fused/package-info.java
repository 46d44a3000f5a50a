/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * Whole training steps as one script: forward, hand-written backward and update of a network of the
 * lectures, many steps in one call of the engine.
 *
 * <p>An operation of NDArray costs some microseconds beside its arithmetic, and so does a node of
 * the engine's graph. On networks as small as the lectures' that is most of a step. A hand-written
 * backward needs no graph: every layer says which lines compute it and which lines compute its
 * gradient, and {@link org.djlext.makemore.fused.FusedStep} puts the former in order, the latter in
 * the opposite order behind them, and gives the whole to libtorch.
 *
 * <p>Shapes: N rows (the batch, or all positions of it), in and out features, V characters. A layer
 * works on matrices, (N, features); positions are rows. In the scripts {@code x3} is what the third
 * layer has computed, {@code d} the gradient of the loss with respect to what stands at that place
 * of forward, {@code p4} a parameter and {@code lr} the learning rate. A parameter is updated as
 * soon as its gradient is there and its old value is not needed any more.
 */
@NullMarked
package org.djlext.makemore.fused;

import org.jspecify.annotations.NullMarked;
