/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

/** What the tests of all modules share. */
@NullMarked
package org.djlext.testing;

import org.jspecify.annotations.NullMarked;
