/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

/** Files that are written whole or not at all, and files that are read without trusting them. */
@NullMarked
package org.djlext.files;

import org.jspecify.annotations.NullMarked;
