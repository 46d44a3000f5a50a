/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.util.Map;

/** Types, devices, copies, and arrays that are cut off from gradients. */
final class Conversions {

    private Conversions() {}

    static void addTo(Map<String, Operations.Rule> rules) {
        rules.put("toType/2", (self, args) -> toType(self, (DataType) args[0]));
        rules.put("toDevice/2", (self, args) -> toDevice(self, (Device) args[0]));
        rules.put("stopGradient/0", (self, args) -> stopGradient(self));
        rules.put("duplicate/0", (self, args) -> copy(self));
        rules.put("oneHot/1", (self, args) -> oneHot(self, (Integer) args[0], DataType.FLOAT32));
        rules.put("oneHot/2", (self, args) -> oneHot(self, (Integer) args[0], (DataType) args[1]));
        rules.put("all/0", (self, args) -> truth(self, "all", self.real().all()));
        rules.put("any/0", (self, args) -> truth(self, "any", self.real().any()));
    }

    /** An array of another type. Like the engine's, it has no gradient if the type differs. */
    static NDArray toType(TracedArray self, DataType type) {
        if (self.real().getDataType() == type) {
            return self.alias().array();
        }
        NDArray real = self.real().toType(type, false);
        return self.tape().record("to", real, stopGradient(self), type);
    }

    /** The indices as the script's functions take them. */
    static NDArray toLong(TracedArray self) {
        return toType(self, DataType.INT64);
    }

    private static NDArray toDevice(TracedArray self, Device device) {
        if (!self.real().getDevice().equals(device)) {
            throw new CompileException(
                    "cannot compile "
                            + self.tape().source()
                            + ": an array on "
                            + self.real().getDevice()
                            + " is taken to "
                            + device
                            + ", but a step runs on one device");
        }
        return self.alias().array();
    }

    static NDArray stopGradient(TracedArray self) {
        if (!self.read().differentiable || self.tape().isUndifferentiated()) {
            return self.alias().array();
        }
        NDArray result = self.tape().record("detach", self.real().stopGradient(), self);
        return TracedArray.required(result, "stopGradient").viewOf(self);
    }

    // As with the engine, the copy has no gradient.
    private static NDArray copy(TracedArray self) {
        NDArray source = stopGradient(self);
        return new TracedArray(
                        self.tape(), TracedArray.required(source, "a copy").read(), self.real())
                .array();
    }

    private static NDArray oneHot(TracedArray self, int depth, DataType type) {
        NDArray index = toLong(self);
        NDArray whole = self.real().oneHot(depth, DataType.INT64);
        NDArray hot = self.tape().record("one_hot", whole, index, depth);
        return toType(TracedArray.required(hot, "oneHot"), type);
    }

    private static Object truth(TracedArray self, String operation, NDArray real) {
        NDArray truth = toType(self, DataType.BOOLEAN);
        return self.tape().record(operation, real, truth);
    }
}
