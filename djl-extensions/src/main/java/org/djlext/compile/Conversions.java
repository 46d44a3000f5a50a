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
        rules.put("toType/2", call -> toType(call.self(), (DataType) call.arg(0)));
        rules.put("toDevice/2", Conversions::toDevice);
        rules.put("stopGradient/0", call -> stopGradient(call.self()));
        rules.put("duplicate/0", call -> copy(call.self()));
        rules.put("oneHot/1", call -> oneHot(call, DataType.FLOAT32));
        rules.put("oneHot/2", call -> oneHot(call, (DataType) call.arg(1)));
        rules.put("all/0", Conversions::truth);
        rules.put("any/0", Conversions::truth);
    }

    /** An array of another type. Like the engine's, it has no gradient if the type differs. */
    static NDArray toType(TracedArray self, DataType type) {
        boolean same = self.real().getDataType() == type;
        return cast(same ? self : TracedArray.required(stopGradient(self), "toType"), type);
    }

    /** An array of another type, as it is written into one of that type: gradients go through. */
    static NDArray cast(TracedArray self, DataType type) {
        return self.real().getDataType() == type
                ? self.alias().array()
                : self.tape().record("to", self.real().toType(type, false), self, type);
    }

    /** The indices as the script's functions take them. */
    static NDArray toLong(TracedArray self) {
        return toType(self, DataType.INT64);
    }

    private static NDArray toDevice(MethodCall call) {
        Device device = call.self().real().getDevice();
        if (!device.equals(call.arg(0))) {
            throw call.error(
                    "an array on %s is taken to %s, but a step runs on one device"
                            .formatted(device, call.arg(0)));
        }
        return call.self().alias().array();
    }

    static NDArray stopGradient(TracedArray self) {
        if (!self.read().differentiable || self.tape().isUndifferentiated()) {
            return self.alias().array();
        }
        return self.tape().record("detach", self.real().stopGradient(), self);
    }

    // As with the engine, the copy has no gradient. Only parameters change on the tape.
    static NDArray copy(TracedArray self) {
        TracedArray source = TracedArray.required(stopGradient(self), "a copy");
        return owner(source).origin == Value.Origin.PARAMETER
                ? self.tape().record("clone", self.real(), source)
                : new TracedArray(self.tape(), source.read(), self.real()).array();
    }

    /**
     * Returns an array for a call that changes it. What a step has computed it changes in a copy:
     * others may be read from the same memory, also by the next step.
     */
    static NDArray writable(TracedArray self) {
        return switch (owner(self).origin) {
            case RESULT, CONSTANT ->
                    self.overwrite(self.tape().record("clone", self.real().duplicate(), self));
            default -> self.array();
        };
    }

    private static Value owner(TracedArray self) {
        return Line.owners(self.tape().lines()).apply(self.read());
    }

    private static NDArray oneHot(MethodCall call, DataType type) {
        return call.function("one_hot", toLong(call.self()), call.arg(0)).toType(type, false);
    }

    private static Object truth(MethodCall call) {
        return call.record(call.name(), toType(call.self(), DataType.BOOLEAN));
    }
}
