/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * Operations with a hand-written backward, as true nodes of the engine's graph: what {@code
 * torch.autograd.Function} is to PyTorch.
 *
 * <p>Start at {@link org.djlext.autograd.AutogradFunction}. Gradients are named {@code dX} for X
 * throughout: dX is dL/dX, of X's shape, for a scalar loss L.
 */
@NullMarked
package org.djlext.autograd;

import org.jspecify.annotations.NullMarked;
