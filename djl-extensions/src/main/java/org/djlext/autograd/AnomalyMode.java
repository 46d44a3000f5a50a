/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import org.djlext.internal.BackwardPass;

/**
 * The scope of {@link Autograd#detectAnomaly}: for the engine, and for what custom functions do.
 */
final class AnomalyMode {

    private static volatile boolean on;

    private AnomalyMode() {}

    static Autograd.Scope on() {
        boolean before = BackwardPass.detectAnomaly(true);
        on = true;
        return () -> {
            BackwardPass.detectAnomaly(before);
            on = before;
        };
    }

    static boolean isOn() {
        return on;
    }
}
