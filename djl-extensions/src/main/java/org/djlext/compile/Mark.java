/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import java.util.List;
import org.djlext.autograd.RecordedCall;
import org.jspecify.annotations.Nullable;

/**
 * A call of an AutogradFunction on the tape: backward is the function's own.
 *
 * @param call what can be differentiated
 * @param inputs the inputs; null for one that was left out
 * @param outputs the outputs; null for one that has no gradient
 * @param first the first line of its forward
 * @param end the line after its last one
 */
record Mark(
        RecordedCall call,
        List<@Nullable Value> inputs,
        List<@Nullable Value> outputs,
        int first,
        int end) {}
