/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.sample;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import org.djlext.autograd.Autograd;

/** The draw of a token: nothing is recorded, and what is computed is freed at the end. */
final class Step implements AutoCloseable {

    final NDManager manager;
    private final Autograd.Scope unrecorded = Autograd.noGrad();
    // The engine's kernels, which need nothing for a backward.
    private final Autograd.Scope kernels = Autograd.engineGradients();
    private final NDScope scope = new NDScope();

    Step(NDManager parent) {
        manager = parent.newSubManager();
        scope.suppressNotUsedWarning();
    }

    @Override
    public void close() {
        scope.close();
        kernels.close();
        unrecorded.close();
        manager.close();
    }
}
