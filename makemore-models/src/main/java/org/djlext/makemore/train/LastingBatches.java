/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.training.dataset.Dataset;

/**
 * A data set whose batches last until each is closed, so that a {@link FusedTrainer} may ask for
 * the next ones before. DJL's own data sets free all batches when the last was asked for.
 */
public interface LastingBatches extends Dataset {}
