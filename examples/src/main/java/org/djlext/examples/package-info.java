/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * Programs to run: one main for each topic of the lectures, and the {@code makemore} command line.
 */
@NullMarked
package org.djlext.examples;

import org.jspecify.annotations.NullMarked;
