/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/** What things cost. Each main says in its Javadoc how to run it. */
@NullMarked
package org.djlext.benchmarks;

import org.jspecify.annotations.NullMarked;
