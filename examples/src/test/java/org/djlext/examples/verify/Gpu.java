/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.verify;

import ai.djl.Device;
import ai.djl.engine.Engine;

/** The GPU, for tests that are about one. */
final class Gpu {

    private Gpu() {}

    /**
     * Returns the first GPU, or the CPU where there is none, so that the test is rehearsed; a line
     * says so. What it compares must therefore mean something on the CPU too.
     */
    static Device firstOrCpu(Class<?> test) {
        if (Engine.getInstance().getGpuCount() > 0) {
            return Device.gpu();
        }
        System.out.println(
                test.getSimpleName() + " is rehearsed on the CPU: the engine sees no GPU");
        return Device.cpu();
    }
}
