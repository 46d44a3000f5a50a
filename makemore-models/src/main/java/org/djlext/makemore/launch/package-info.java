/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/** The processes of a training that takes several: started, watched and ended together. */
@NullMarked
package org.djlext.makemore.launch;

import org.jspecify.annotations.NullMarked;
