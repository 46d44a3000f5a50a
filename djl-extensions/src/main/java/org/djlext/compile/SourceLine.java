/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.Set;

/** Finds the place in Java that does something with an array. */
final class SourceLine {

    private static final String OWN = "org.djlext.compile.";
    // Where the work of others is passed on: NDArray's own default methods, and this package.
    private static final Set<String> PASSED =
            Set.of(
                    "java.",
                    "jdk.",
                    "ai.djl.ndarray.",
                    "ai.djl.pytorch.",
                    "org.djlext.autograd.",
                    OWN);
    // What calls the block and the loss; who calls it is none of their code.
    private static final String TRACE = Trace.class.getName();
    // A check may have helpers, but not the rest of a model.
    private static final int MAX_DEPTH = 3;

    private static final StackWalker WALKER =
            StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

    private SourceLine() {}

    /** Returns the file and line that is running now: "Linear.java:129". */
    static String current() {
        return WALKER.walk(
                frames ->
                        frames.filter(frame -> !isPassed(frame))
                                .findFirst()
                                .map(frame -> frame.getFileName() + ":" + frame.getLineNumber())
                                .orElse("unknown"));
    }

    private static boolean isPassed(StackWalker.StackFrame frame) {
        String name = frame.getClassName();
        return name.startsWith("jdk.proxy")
                || name.contains("$Proxy")
                || (PASSED.stream().anyMatch(name::startsWith) && !isTest(frame));
    }

    // Tests of this package are in this package too.
    private static boolean isTest(StackWalker.StackFrame frame) {
        return String.valueOf(frame.getFileName()).endsWith("Test.java");
    }

    /**
     * Tells whether what is running now is a check: a method whose name starts with "check", called
     * from outside of the engine and this package, that returns nothing or an array.
     */
    static boolean isInCheck() {
        return WALKER.walk(
                frames ->
                        frames.takeWhile(frame -> !frame.getClassName().equals(TRACE))
                                .filter(frame -> !isPassed(frame))
                                .limit(MAX_DEPTH)
                                .anyMatch(SourceLine::isCheck));
    }

    private static boolean isCheck(StackWalker.StackFrame frame) {
        Class<?> result = frame.getMethodType().returnType();
        return frame.getMethodName().startsWith("check")
                && (result == void.class
                        || NDArray.class.isAssignableFrom(result)
                        || result == NDList.class);
    }

    /** Tells whether the engine itself is reading an array, to make one of its own. */
    static boolean isReadByEngine() {
        return WALKER.walk(
                frames ->
                        frames.filter(frame -> !frame.getClassName().startsWith(OWN))
                                .anyMatch(SourceLine::isEngineMakingAnArray));
    }

    private static boolean isEngineMakingAnArray(StackWalker.StackFrame frame) {
        return frame.getClassName().equals("ai.djl.pytorch.engine.PtNDManager")
                && frame.getMethodName().equals("from");
    }
}
