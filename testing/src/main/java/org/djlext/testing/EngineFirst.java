/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.testing;

import ai.djl.engine.Engine;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/**
 * Starts the engine on the thread that runs the tests, whichever comes first: grad mode is off on
 * the thread that starts it, and on in all others.
 */
public final class EngineFirst implements LauncherSessionListener {

    @Override
    public void launcherSessionOpened(LauncherSession session) {
        Engine.getEngine("PyTorch");
    }
}
