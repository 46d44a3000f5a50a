/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * Checks of hand-written gradients.
 *
 * <ul>
 *   <li>{@link org.djlext.gradcheck.GradCheck} holds a function, a Block or a Loss against central
 *       differences and against what an engine expects of a backward.
 *   <li>{@link org.djlext.gradcheck.ManualVsEngine} holds it against the same expression in the
 *       engine's own operations.
 *   <li>{@link org.djlext.gradcheck.GradientComparison} is the lecture's {@code cmp}: a gradient
 *       beside the one that it should be.
 * </ul>
 */
@NullMarked
package org.djlext.gradcheck;

import org.jspecify.annotations.NullMarked;
