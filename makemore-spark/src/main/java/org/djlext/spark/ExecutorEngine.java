/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

/** What the engine has to know before it starts in the JVM of an executor. */
final class ExecutorEngine {

    private static final String THREADS = "ai.djl.pytorch.num_threads";
    private static final String NO_TRACKING = "OPT_OUT_TRACKING";

    private ExecutorEngine() {}

    /**
     * Gives the engine one thread for each task, as Spark has a task for each core, unless the
     * properties of the JVM say something else.
     */
    static void prepare() {
        if (System.getProperty(THREADS) == null) {
            System.setProperty(THREADS, "1");
        }
        if (System.getProperty(NO_TRACKING) == null) {
            System.setProperty(NO_TRACKING, "true");
        }
    }
}
