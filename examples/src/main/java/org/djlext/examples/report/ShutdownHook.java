/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

/** What is done when the process is about to end, by Ctrl-C for example, while this is open. */
public final class ShutdownHook implements AutoCloseable {

    private final Thread thread;
    private volatile boolean ending;

    /**
     * Opens.
     *
     * @param name says in dumps of threads what is done
     * @param work what is done; the process ends after it
     */
    public ShutdownHook(String name, Runnable work) {
        thread =
                new Thread(
                        () -> {
                            ending = true;
                            work.run();
                        },
                        name);
        try {
            Runtime.getRuntime().addShutdownHook(thread);
        } catch (IllegalStateException e) {
            ending = true; // since before this was opened
        }
    }

    /** {@return whether the process is about to end, as far as this has seen while it was open} */
    public boolean isEnding() {
        return ending;
    }

    /** Lets the process end without the work, unless that has begun. */
    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(thread);
        } catch (IllegalStateException e) {
            ending = true;
        }
    }
}
