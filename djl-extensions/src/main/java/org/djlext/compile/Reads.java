/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.Map;

/**
 * Numbers that Java code takes out of an array. The script that follows from them would be right
 * for these numbers alone, so they can be read where they are the same in every step, and in
 * checks: methods whose name starts with "check" and that return nothing, or an array. A check runs
 * when a step is compiled; later the engine's own errors remain.
 */
final class Reads {

    private Reads() {}

    static void addTo(Map<String, Operations.Rule> rules) {
        for (String read : List.of("toByteBuffer/1", "toStringArray/1", "contentEquals/1")) {
            rules.put(read, Reads::read);
        }
    }

    private static Object read(MethodCall call) {
        check(call.self());
        if (call.args().get(0) instanceof NDArray other && TracedArray.of(other) != null) {
            check(TracedArray.required(other, "an array"));
        }
        return call.real();
    }

    private static void check(TracedArray self) {
        String source = self.tape().source();
        if (SourceLine.isReadByEngine()) {
            throw CompileException.at(
                    source,
                    "an array that is not on the tape takes one that is as its operand; turn the"
                            + " operation round, or create the array with the manager of an input");
        }
        boolean isConstant = self.read().origin == Value.Origin.CONSTANT;
        if (!isConstant && !SourceLine.isInCheck()) {
            throw CompileException.at(
                    source,
                    "it reads numbers of an array that differ from step to step, but a script is"
                            + " the same for all steps; compute with arrays, such as NDArrays.where, or"
                            + " read them in a method whose name starts with \"check\" and that returns"
                            + " nothing");
        }
    }
}
