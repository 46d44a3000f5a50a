/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * Pictures of graphs as the lecture draws them: from left to right, a box for each node with its
 * label, data and grad, and an oval for each operation before the node that it made.
 *
 * <p>{@link org.djlext.micrograd.draw.GraphDrawing} is the way in. It writes DOT for those who have
 * Graphviz, and SVG and PNG for those who do not, by a layout of its own in the usual four steps:
 * layers, order within a layer, places, curves. A picture is of the moment at which it was made.
 *
 * <p>Legend. x grows to the right and y downwards, in pixels of a picture that is not scaled. An
 * item is a box or an oval, or a bend, a place in a layer that a long edge goes through.
 */
@NullMarked
package org.djlext.micrograd.draw;

import org.jspecify.annotations.NullMarked;
