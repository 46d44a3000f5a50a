/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * What must be the same each time that Java code runs on a tape, because the script has it once for
 * all.
 *
 * @param lines what is computed
 * @param captured the arrays from elsewhere
 * @param numbers those of captured arrays, and of arrays that are made of numbers in Java
 */
record SameEachTime(List<Line> lines, NDList captured, List<ByteBuffer> numbers) {

    /** Java code that has run on a tape. */
    interface Trace extends AutoCloseable {

        Tape tape();

        /** What it computes. */
        List<Line> lines();

        @Override
        default void close() {
            tape().close();
        }
    }

    /** Traces twice: what differs would be the same in a script. */
    static <T extends Trace> T checked(Supplier<T> tracing) {
        T trace = tracing.get();
        SameEachTime first = of(trace);
        try (T again = tracing.get()) {
            first.check(of(again));
        } catch (RuntimeException | Error e) {
            trace.close();
            throw e;
        }
        return trace;
    }

    private static SameEachTime of(Trace trace) {
        Tape tape = trace.tape();
        NDList captured = tape.captured().arrays();
        List<ByteBuffer> numbers = new ArrayList<>();
        captured.forEach(array -> numbers.add(array.toByteBuffer()));
        tape.constants().entrySet().stream()
                .filter(constant -> constant.getKey().name.startsWith("c")) // made in Java
                .forEach(constant -> numbers.add(constant.getValue().toByteBuffer()));
        return new SameEachTime(trace.lines(), captured, numbers);
    }

    /**
     * Makes sure that captured arrays were there before, and are not made anew by each step, and
     * that nothing else depends on a state of the Java code.
     */
    private void check(SameEachTime again) {
        for (int i = 0; i < captured.size(); i++) {
            NDArray array = captured.get(i);
            if (i >= again.captured.size() || array != again.captured.get(i)) {
                throw new CompileException(
                        "cannot compile: the block or the loss makes an array of shape "
                                + array.getShape()
                                + " in each step, beside the tape, so that the script would have"
                                + " that of the first step in all steps; create it with the manager"
                                + " of an input, or once for all steps");
            }
        }
        for (int i = 0; i < lines.size(); i++) {
            Line line = lines.get(i);
            if (i >= again.lines.size() || !line.toString().equals(again.lines.get(i).toString())) {
                throw changes(line.source(), "it does something else in another step");
            }
        }
        if (lines.size() != again.lines.size() || !numbers.equals(again.numbers)) {
            throw changes(
                    "the block or the loss",
                    "it makes or changes arrays of other numbers in each step");
        }
    }

    private static CompileException changes(String place, String what) {
        return CompileException.at(
                place,
                what
                        + ", but a script is the same for all steps; let what changes come with the"
                        + " batch, be drawn by the manager of an input, or be a parameter that is"
                        + " not trained");
    }
}
