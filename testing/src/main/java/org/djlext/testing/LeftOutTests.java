/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.testing;

import java.io.PrintStream;
import java.util.Optional;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;

/** Says in one line of each test that is left out why, so that none is missed in silence. */
public final class LeftOutTests implements TestExecutionListener {

    private static final String ASSUMPTION = "Assumption failed: ";

    private final PrintStream out;

    /** Creates the one that the launcher finds; it prints where the tests do. */
    public LeftOutTests() {
        this(System.out);
    }

    LeftOutTests(PrintStream out) {
        this.out = out;
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        print(test, reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (result.getStatus() == TestExecutionResult.Status.ABORTED) {
            print(test, result.getThrowable().map(Throwable::getMessage).orElse(""));
        }
    }

    private void print(TestIdentifier test, String reason) {
        String why = reason.startsWith(ASSUMPTION) ? reason.substring(ASSUMPTION.length()) : reason;
        out.println("left out: " + name(test) + ": " + why.lines().findFirst().orElse(""));
    }

    private static String name(TestIdentifier test) {
        return test.getSource()
                .flatMap(
                        source ->
                                source instanceof MethodSource method
                                        ? Optional.of(
                                                simple(method.getClassName())
                                                        + "."
                                                        + method.getMethodName())
                                        : source instanceof ClassSource type
                                                ? Optional.of(simple(type.getClassName()))
                                                : Optional.empty())
                .orElseGet(test::getDisplayName);
    }

    private static String simple(String className) {
        return className.substring(className.lastIndexOf('.') + 1);
    }
}
