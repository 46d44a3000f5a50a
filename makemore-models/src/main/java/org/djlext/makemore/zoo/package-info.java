/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/** Trained models by DJL's {@code Criteria} and {@code Predictor}. */
@NullMarked
package org.djlext.makemore.zoo;

import org.jspecify.annotations.NullMarked;
