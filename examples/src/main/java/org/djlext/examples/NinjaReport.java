/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples;

import java.util.List;

/**
 * What {@link BackpropNinja} found.
 *
 * @param splitSizes the numbers of examples to train on, to choose by, to test with
 * @param gradients exercises 1 to 3
 * @param training exercise 4
 */
public record NinjaReport(
        List<Integer> splitSizes, NinjaGradients gradients, NinjaTraining training) {}
