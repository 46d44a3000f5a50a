/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * The models of the lectures on makemore and of the makemore program, from bigrams to the
 * transformer.
 */
@NullMarked
package org.djlext.makemore.model;

import org.jspecify.annotations.NullMarked;
