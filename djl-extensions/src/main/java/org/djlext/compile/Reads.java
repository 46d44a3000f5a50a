/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import java.nio.charset.Charset;
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
        rules.put("toByteBuffer/1", (self, args) -> read(self).toByteBuffer((Boolean) args[0]));
        rules.put("toStringArray/1", (self, args) -> read(self).toStringArray((Charset) args[0]));
        rules.put(
                "contentEquals/1",
                (self, args) ->
                        args[0] instanceof Number number
                                ? read(self).contentEquals(number)
                                : read(self).contentEquals(realOf(args[0])));
    }

    private static NDArray realOf(Object other) {
        TracedArray traced = TracedArray.of((NDArray) other);
        return traced == null ? (NDArray) other : read(traced);
    }

    private static NDArray read(TracedArray self) {
        String source = self.tape().source();
        if (SourceLine.isReadByEngine()) {
            throw new CompileException(
                    "cannot compile "
                            + source
                            + ": an array that is not on the tape takes one that is as its operand;"
                            + " turn the operation round, or create the array with the manager of"
                            + " an input");
        }
        boolean isConstant = self.read().origin == Value.Origin.CONSTANT;
        if (!isConstant && !SourceLine.isInCheck()) {
            throw new CompileException(
                    "cannot compile "
                            + source
                            + ": it reads numbers of an array that differ from step to step, but a"
                            + " script is the same for all steps; compute with arrays, such as"
                            + " NDArrays.where, or read them in a method whose name starts with"
                            + " \"check\" and that returns nothing");
        }
        return self.real();
    }
}
