/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/** Starts exercises: Maven projects with gradients to be worked out by oneself. */
@NullMarked
package org.djlext.examples.exercise;

import org.jspecify.annotations.NullMarked;
