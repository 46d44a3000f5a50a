/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * What the programs of all lectures share: where they print and draw, and what an experiment works
 * with.
 */
@NullMarked
package org.djlext.examples.lecture;

import org.jspecify.annotations.NullMarked;
