/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * Training steps of any Block, compiled: the block, its loss, their gradients and the update run
 * once on arrays that note what is done with them, and from then on as one call of a script.
 *
 * <p>{@link org.djlext.compile.CompiledStep} does many steps in a call; {@link
 * org.djlext.compile.CompiledTrainer} is a Trainer of DJL.
 *
 * <p>Names in a script: p a trained parameter, q another one, x data, y labels, a an array that the
 * block has from elsewhere, k a constant, t a result, u a part of the update, s what an optimizer
 * keeps; l a leaf for the engine's autograd, d a result of it that is cut off again.
 */
@NullMarked
package org.djlext.compile;

import org.jspecify.annotations.NullMarked;
