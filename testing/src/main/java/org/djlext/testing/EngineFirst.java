/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.testing;

import ai.djl.engine.Engine;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestPlan;

/**
 * Starts the engine on the thread that runs the tests, whichever comes first: grad mode is off on
 * the thread that starts it, and on in all others. A JVM that only looks for tests, as Maven's own
 * does, must not start it, for its library can be loaded once only.
 */
public final class EngineFirst implements TestExecutionListener {

    /** Creates the one that the launcher finds. */
    public EngineFirst() {}

    @Override
    public void testPlanExecutionStarted(TestPlan plan) {
        Engine.getEngine("PyTorch");
    }
}
