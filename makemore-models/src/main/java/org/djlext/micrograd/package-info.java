/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * A scalar automatic differentiation engine and neural nets on it, after Karpathy's micrograd.
 *
 * <p>Read {@link org.djlext.micrograd.Value} first: it is the whole of backpropagation. {@link
 * org.djlext.micrograd.Neuron}, {@link org.djlext.micrograd.Layer} and {@link
 * org.djlext.micrograd.Mlp} build nets of it, {@link org.djlext.micrograd.Losses} says what they
 * are to do, {@link org.djlext.micrograd.GradientDescent} makes them do it. {@link
 * org.djlext.micrograd.Tape} computes a graph that has been built once again and again, with the
 * same numbers and without making an object.
 *
 * <p>Legend. A graph is a set of nodes, each a double: {@code data} is its value, {@code grad} is
 * dL/dnode for the root L that backward was last called on. A leaf was given, every other node was
 * computed from its children. Gradients are added to, never replaced, so they have to be set to
 * zero before each backward pass.
 */
@NullMarked
package org.djlext.micrograd;

import org.jspecify.annotations.NullMarked;
