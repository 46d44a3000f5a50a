/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.ninja;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;

/** The fast ways to do what {@link ManualStep} does. */
public enum FastStep {

    /** Loops of Java, {@link org.djlext.makemore.kernels.MlpKernels}. */
    KERNELS("Java kernels"),

    /** A script of the engine, {@link org.djlext.makemore.fused.FusedStep}. */
    FUSED("fused script");

    // n nHidden. Measured: kernels take 0.45 of the script's time at 2,048, 0.65 at 6,400, 0.85 at
    // 8,192, the same at 25,600, and 1.3 of it at 102,400.
    private static final long LARGEST_FOR_KERNELS = 16384;

    private final String description;

    FastStep(String description) {
        this.description = description;
    }

    /**
     * Returns its name in tables.
     *
     * @return the name
     */
    public String description() {
        return description;
    }

    /**
     * Returns the faster way: kernels for float32 on a CPU up to 16,384 hidden numbers of a batch.
     *
     * @param parameters what is trained
     * @param batchSize the size of a mini-batch
     * @return the way
     */
    public static FastStep of(NinjaParameters parameters, int batchSize) {
        boolean kernels =
                batchSize * parameters.b1().size() <= LARGEST_FOR_KERNELS
                        && parameters.b1().getDataType() == DataType.FLOAT32
                        && parameters.b1().getDevice().equals(Device.cpu());
        return kernels ? KERNELS : FUSED;
    }
}
