/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import java.util.concurrent.atomic.AtomicBoolean;
import org.djlext.internal.NativeHooks;

/**
 * The scope of {@link Autograd#detectAnomaly}: for the engine, and for what custom functions do.
 */
final class AnomalyMode {

    // How many scopes are open, in all threads.
    private static volatile int open;

    private AnomalyMode() {}

    static Autograd.Scope on() {
        change(1);
        AtomicBoolean closed = new AtomicBoolean();
        return () -> {
            if (!closed.getAndSet(true)) {
                change(-1);
            }
        };
    }

    private static synchronized void change(int by) {
        NativeHooks.ensureLoaded();
        NativeHooks.setAnomalyMode(open + by > 0);
        open += by;
    }

    static boolean isOn() {
        return open > 0;
    }
}
