/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.ParameterStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * What a model computes that DJL has loaded and does not train: the engine lets it into no graph.
 */
public final class InferenceMode {

    private static final String SQUARE =
            """
            class Op(Module):
              __parameters__ = []
              __buffers__ = []
              def forward(self, x: Tensor) -> Tensor:
                return torch.mul(x, x)
            """;

    private InferenceMode() {}

    /** Returns x^2, in the array's manager. */
    public static NDArray square(NDArray x) {
        NDManager manager = x.getManager();
        try {
            return JniUtils.loadModule(
                            (PtNDManager) manager,
                            new ByteArrayInputStream(ScriptArchive.write(SQUARE)),
                            false,
                            false)
                    .forward(new ParameterStore(manager, false), new NDList(x), false)
                    .get(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
