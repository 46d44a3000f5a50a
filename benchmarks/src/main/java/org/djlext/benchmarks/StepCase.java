/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.util.List;

/**
 * A training step that is done in several ways.
 *
 * @param name its name on the command line and in the file of its weights
 * @param title what is trained
 * @param steps the steps of a round
 * @param compared the steps whose losses are compared first
 * @param tolerance by how much they may differ
 * @param ours the ways that run here, the default first
 * @param variants the ways that PyTorch has, by their names in {@code steps.py}
 * @param batchSize the examples of a step
 */
record StepCase(
        String name,
        String title,
        int steps,
        int compared,
        double tolerance,
        List<Side> ours,
        List<String> variants,
        int batchSize) {}
