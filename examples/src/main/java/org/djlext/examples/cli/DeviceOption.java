/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.Device;
import ai.djl.engine.Engine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the value of {@code --device}: cpu, gpu, or gpu0, gpu1, ... */
final class DeviceOption implements ITypeConverter<Device> {

    @Override
    public Device convert(String value) {
        if (value.equals("cpu")) {
            return Device.cpu();
        }
        if (!value.matches("gpu[0-9]{0,3}")) {
            throw new TypeConversionException(
                    "must be cpu, gpu, or gpu and a number, but is \"" + value + "\"");
        }
        int number = value.length() == 3 ? 0 : Integer.parseInt(value.substring(3));
        int gpus = Engine.getEngine("PyTorch").getGpuCount();
        if (number >= gpus) {
            throw new TypeConversionException(
                    "is \""
                            + value
                            + "\", but the engine sees "
                            + (gpus == 0 ? "no GPU" : gpus + " GPUs")
                            + "; use cpu");
        }
        return Device.gpu(number);
    }
}
