/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import org.djlext.examples.report.ShutdownHook;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets a run be stopped by Ctrl-C, or by the system's polite signal, without losing anything: the
 * run sees that it is to stop, saves, and only then the process ends. It is opened before all else
 * that is to be closed first, such as a report.
 */
final class Interruption implements AutoCloseable {

    private static final int LONGEST_SAVE_SECONDS = 60;

    private final CountDownLatch finished = new CountDownLatch(1);
    private final ShutdownHook hook = new ShutdownHook("save before exit", this::await);

    private void await() {
        try {
            boolean saved = finished.await(LONGEST_SAVE_SECONDS, TimeUnit.SECONDS);
            if (!saved) {
                System.err.println(
                        "the run could not be saved in time; an older checkpoint is left");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Tells whether the process is about to end. */
    boolean isRequested() {
        return hook.isEnding();
    }

    /** Tells that all is saved. */
    @Override
    public void close() {
        finished.countDown();
        hook.close();
    }
}
