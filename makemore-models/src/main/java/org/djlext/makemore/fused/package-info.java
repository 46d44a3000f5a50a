/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * Whole training steps as one script: forward, hand-written backward and update of a network, many
 * steps in one call of the engine.
 *
 * <p>An operation of NDArray costs some microseconds beside its arithmetic, and so does a node of
 * the engine's graph. On networks as small as the lectures' that is most of a step. A hand-written
 * backward needs no graph: every layer says which lines compute it and which lines compute its
 * gradients, {@link org.djlext.makemore.fused.FusedStep} puts the former in order and the latter in
 * the opposite order behind them, and libtorch runs the whole. Results go into buffers that all
 * steps of a call share, so that there is nothing to allocate.
 *
 * <p>Shapes: n examples of a batch, N rows (the examples, or all their positions), in and out
 * features, V characters, T positions, C channels, H heads. A layer works on matrices, (N,
 * features). In the scripts {@code x3} is what the third layer has computed and {@code d_x3} the
 * gradient of the loss with respect to it, {@code p4} a parameter, {@code g_p4} its gradient and
 * {@code lr} the learning rate. In plain gradient descent a parameter is updated as soon as its old
 * value is not needed any more, product and update in one operation.
 */
@NullMarked
package org.djlext.makemore.fused;

import org.jspecify.annotations.NullMarked;
