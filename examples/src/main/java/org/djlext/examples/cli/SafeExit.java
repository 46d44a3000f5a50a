/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import com.sun.jna.NativeLibrary;

import org.djlext.examples.report.ShutdownHook;

/**
 * Lets the process end by Ctrl-C, or by the system's polite signal, although a thread is inside
 * libtorch.
 *
 * <p>The JVM ends by {@code exit} of the C library, also in {@code Runtime.halt}. That destroys the
 * static objects of libtorch under the thread that uses them, which is a SIGSEGV in place of the
 * exit code. Nobody needs them destroyed. So when the process is about to end, and a command has
 * not, the last handler that {@code exit} gets, and calls first, is {@code _exit}.
 *
 * <p>Only glibc passes the exit code on to a handler. Elsewhere nothing is changed.
 */
final class SafeExit {

    private SafeExit() {}

    /** Returns what sees to it, as long as that is open. */
    static ShutdownHook hook() {
        return new ShutdownHook("safe exit", SafeExit::leaveOutDestructors);
    }

    private static void leaveOutDestructors() {
        try {
            NativeLibrary c = NativeLibrary.getInstance("c"); // by JNA, which comes with DJL
            Object[] handlerAndItsArgument = {c.getFunction("_exit"), null};
            c.getFunction("on_exit").invokeInt(handlerAndItsArgument);
        } catch (LinkageError e) {
            // Not glibc, or no folder to load JNA's own library from: the process ends as ever.
            return;
        }
    }
}
