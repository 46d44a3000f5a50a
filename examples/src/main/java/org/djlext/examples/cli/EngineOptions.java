/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the engine computes on: a device, and on a CPU how many of its cores. */
final class EngineOptions {

    private static final int MOST_THREADS = 1024; // libtorch ends the process if it gets no more

    @Option(names = "--device", paramLabel = "DEVICE")
    private @Nullable String device;

    @Option(names = "--threads", paramLabel = "N")
    private @Nullable Integer threads;

    /**
     * Starts the engine.
     *
     * @return a manager of the device, which belongs to the caller
     */
    NDManager manager() {
        if (threads != null) {
            Mistake.between("--threads", threads, 1, MOST_THREADS);
            System.setProperty(CommandLines.THREADS, threads.toString()); // read when it starts
        }
        return NDManager.newBaseManager(device == null ? null : device(device), "PyTorch");
    }

    private static Device device(String name) {
        if (name.equals("cpu")) {
            return Device.cpu();
        }
        if (!name.matches("gpu[0-9]{0,3}")) {
            throw new Mistake(
                    "--device must be cpu, gpu, or gpu and a number, but is \"%s\"", name);
        }
        int number = name.length() == 3 ? 0 : Integer.parseInt(name.substring(3));
        int gpus = Engine.getEngine("PyTorch").getGpuCount();
        if (number >= gpus) {
            throw new Mistake(
                    "--device is \"%s\", but the engine sees %s; use cpu",
                    name, gpus == 0 ? "no GPU" : gpus + " GPUs");
        }
        return Device.gpu(number);
    }
}
