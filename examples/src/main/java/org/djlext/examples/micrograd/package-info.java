/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * The first lecture, "building micrograd", topic by topic. Each class has a main, and a {@code run}
 * that prints the same and returns the numbers.
 *
 * <p>In the lecture's order: {@link org.djlext.examples.micrograd.ReadmeExpression}, {@link
 * org.djlext.examples.micrograd.Derivative}, {@link org.djlext.examples.micrograd.ThreeInputs},
 * {@link org.djlext.examples.micrograd.ValueBasics}, {@link
 * org.djlext.examples.micrograd.ManualBackprop}, {@link
 * org.djlext.examples.micrograd.NeuronBackprop}, {@link
 * org.djlext.examples.micrograd.GradientAccumulation}, {@link
 * org.djlext.examples.micrograd.DecomposedTanh}, {@link org.djlext.examples.micrograd.NeuronInDjl},
 * {@link org.djlext.examples.micrograd.FourExamples}, {@link
 * org.djlext.examples.micrograd.Overshoot}, {@link org.djlext.examples.micrograd.MoonsDemo}, {@link
 * org.djlext.examples.micrograd.LegendreDemo}.
 *
 * <p>Legend. h is the nudge of a numerical derivative; L a loss; o the output of a neuron, n what
 * goes into its tanh.
 */
@NullMarked
package org.djlext.examples.micrograd;

import org.jspecify.annotations.NullMarked;
