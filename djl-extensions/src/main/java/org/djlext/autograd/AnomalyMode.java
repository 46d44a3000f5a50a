/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.djlext.internal.BackwardPass;

/**
 * The scope of {@link Autograd#detectAnomaly}: for the engine, and for what custom functions do.
 */
final class AnomalyMode {

    // The open scopes of all threads, which may be closed in any order.
    private static final Set<Autograd.Scope> OPEN = ConcurrentHashMap.newKeySet();

    private AnomalyMode() {}

    static Autograd.Scope on() {
        Autograd.Scope scope =
                new Autograd.Scope() {
                    @Override
                    public void close() {
                        change(() -> OPEN.remove(this));
                    }
                };
        change(() -> OPEN.add(scope));
        return scope;
    }

    private static synchronized void change(Runnable change) {
        change.run();
        BackwardPass.detectAnomaly(isOn());
    }

    static boolean isOn() {
        return !OPEN.isEmpty();
    }
}
