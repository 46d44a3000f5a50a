/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * Experiments of makemore 2, 3 and 5, lectures 3, 4 and 6: each prints its numbers and draws its
 * pictures. {@code makemore diagnose --experiment NAME} runs one.
 */
@NullMarked
package org.djlext.examples.diagnose;

import org.jspecify.annotations.NullMarked;
