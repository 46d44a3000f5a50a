/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * The first lecture, "building micrograd", topic by topic. Each class has a main, and a {@code run}
 * that prints the same and returns the numbers.
 *
 * <p>In the lecture's order: {@link org.djlext.examples.lecture1.ReadmeExpression}, {@link
 * org.djlext.examples.lecture1.Derivative}, {@link org.djlext.examples.lecture1.ThreeInputs},
 * {@link org.djlext.examples.lecture1.ValueBasics}, {@link
 * org.djlext.examples.lecture1.ManualBackprop}, {@link
 * org.djlext.examples.lecture1.NeuronBackprop}, {@link
 * org.djlext.examples.lecture1.GradientAccumulation}, {@link
 * org.djlext.examples.lecture1.DecomposedTanh}, {@link org.djlext.examples.lecture1.NeuronInDjl},
 * {@link org.djlext.examples.lecture1.FourExamples}, {@link
 * org.djlext.examples.lecture1.Overshoot}, {@link org.djlext.examples.lecture1.MoonsDemo}, {@link
 * org.djlext.examples.lecture1.LegendreDemo}.
 *
 * <p>Legend. h is the nudge of a numerical derivative; L a loss; o the output of a neuron, n what
 * goes into its tanh.
 */
@NullMarked
package org.djlext.examples.lecture1;

import org.jspecify.annotations.NullMarked;
