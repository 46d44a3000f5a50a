/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.engine.Engine;

/** The GPU, for tests that compare it with the CPU. */
public final class Gpu {

    // -DgpuTests=cpu tries out the tests themselves on a machine without a GPU.
    private static final boolean REHEARSAL = "cpu".equals(System.getProperty("gpuTests"));

    private Gpu() {}

    /** Returns the first GPU. Where there is none the test is left out, and a line says so. */
    public static Device first(Class<?> test) {
        if (REHEARSAL) {
            return Device.cpu();
        }
        String leftOut = test.getSimpleName() + " is left out: the engine sees no GPU";
        boolean found = Engine.getInstance().getGpuCount() > 0;
        if (!found) {
            System.out.println(leftOut);
        }
        assumeTrue(found, leftOut);
        return Device.gpu();
    }
}
