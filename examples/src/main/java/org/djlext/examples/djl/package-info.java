/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/** The models in DJL's own hands: EasyTrain, Criteria, Predictor. */
@NullMarked
package org.djlext.examples.djl;

import org.jspecify.annotations.NullMarked;
