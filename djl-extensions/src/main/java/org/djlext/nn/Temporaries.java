/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import java.util.function.Supplier;

/**
 * Frees what a forward computes on the way to its output.
 *
 * <p>An array lives as long as its manager, which for the results of a forward is the manager of
 * the inputs: usually to the end of the step. In backward nothing of this is needed, because the
 * manager there is closed when the gradients have been handed over.
 */
final class Temporaries {

    private Temporaries() {}

    /**
     * Runs code and closes all arrays that it makes, except its result.
     *
     * @param code makes the result, and nothing else that is to stay
     * @return the result
     */
    static NDArray freed(Supplier<NDArray> code) {
        NDArray result;
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            result = code.get();
            NDScope.unregister(result);
        }
        // In the scope of the caller, if there is one.
        NDScope.register(result);
        return result;
    }
}
