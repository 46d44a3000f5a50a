/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * The lectures' pictures: what matplotlib draws there, on Java2D and XChart.
 *
 * <p>A row of a matrix is a row of its picture, the first on top, as in {@code imshow}.
 */
@NullMarked
package org.djlext.examples.plot;

import org.jspecify.annotations.NullMarked;
