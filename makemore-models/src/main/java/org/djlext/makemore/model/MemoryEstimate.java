/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.Device;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.util.cuda.CudaUtils;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.Map;
import org.djlext.nn.ParameterNames;

/**
 * The least memory that training a model takes, found from shapes before anything is allocated. A
 * system that lends more memory than it has would end the process without a word.
 *
 * <p>It is a lower bound, so that nothing that fits is refused: the parameters with a gradient
 * each, the output with its gradient, and one output for each layer that has a bias or is an
 * embedding, which backward needs.
 *
 * @param parameters bytes of parameters and gradients
 * @param activations bytes of what the forward pass keeps of a mini-batch
 */
public record MemoryEstimate(double parameters, double activations) {

    // An array is copied to Java's heap when it is saved. DJL ends the process if it does not fit.
    private static final long SHARE_OF_HEAP = 2;
    private static final double MIB = 1 << 20;

    /**
     * {@return the estimate for a training in numbers of 4 bytes}
     *
     * @param model the model, which need not be initialized
     * @param input the shape of a mini-batch, (B, T)
     * @throws IllegalArgumentException if a single parameter is larger than can be copied to Java
     */
    public static MemoryEstimate ofTraining(Block model, Shape input) {
        double largest =
                Math.min(
                        Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP, (long) Integer.MAX_VALUE);
        double parameters = 0;
        double features = 0;
        for (Map.Entry<String, Parameter> entry : ParameterNames.trained(model).entrySet()) {
            Shape shape = entry.getValue().getShape();
            double bytes = Float.BYTES * size(shape);
            if (bytes > largest) {
                throw new IllegalArgumentException(
                        String.format(
                                Locale.ROOT,
                                "a parameter may have %,.0f MiB with this heap of Java, but %s of"
                                        + " the shape %s has %,.0f; take a smaller model, or start"
                                        + " java with a larger -Xmx",
                                largest / MIB,
                                entry.getKey(),
                                shape,
                                bytes / MIB));
            }
            parameters += 2 * bytes;
            if (entry.getValue().getType() == Parameter.Type.BIAS) {
                features += size(shape);
            }
        }
        Shape output = model.getOutputShapes(new Shape[] {input})[0];
        double rows = size(output) / output.getLastDimension();
        double numbers = 2 * size(output) + rows * features;
        return new MemoryEstimate(parameters, Float.BYTES * numbers);
    }

    /**
     * {@return whether an operation failed because the memory of the device is used up, which an
     * estimate cannot always foresee}
     *
     * @param failure what the engine has thrown
     */
    public static boolean isExhausted(Throwable failure) {
        String message = String.valueOf(failure.getMessage());
        return message.contains("can't allocate memory")
                || message.contains("not enough memory")
                || message.contains("CUDA out of memory");
    }

    /** The number of elements, which for a size that a user mistyped may be beyond a long. */
    private static double size(Shape shape) {
        double size = 1;
        for (long axis : shape.getShape()) {
            size *= axis;
        }
        return size;
    }

    /**
     * Checks that a device has this much.
     *
     * @param device where the model is trained
     * @throws IllegalArgumentException if it has less
     */
    public void check(Device device) {
        check(
                device.isGpu()
                        ? CudaUtils.getGpuMemory(device).getMax()
                        : ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class)
                                .getTotalMemorySize(),
                device.isGpu() ? "gpu" + device.getDeviceId() : "this machine");
    }

    void check(long available, String device) {
        if (parameters + activations > available) {
            throw new IllegalArgumentException(
                    String.format(
                            Locale.ROOT,
                            "training takes at least %,.0f MiB, %,.0f for parameters with their"
                                    + " gradients and %,.0f for a mini-batch, but %s has %,.0f; take a"
                                    + " smaller model, block size or batch size",
                            (parameters + activations) / MIB,
                            parameters / MIB,
                            activations / MIB,
                            device,
                            available / MIB));
        }
    }
}
