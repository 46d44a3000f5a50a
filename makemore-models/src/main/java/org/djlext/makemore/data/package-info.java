/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/** Names, vocabularies and data sets of contexts, split as the lectures split them. */
@NullMarked
package org.djlext.makemore.data;

import org.jspecify.annotations.NullMarked;
