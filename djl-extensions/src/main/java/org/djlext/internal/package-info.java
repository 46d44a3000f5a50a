/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * The native library and what of the engine's it reaches: nodes, hooks, backward passes, the graph,
 * the forward mode, process groups. The other packages of the extensions are built on it, and no
 * program is: it changes from one version to the next.
 */
@NullMarked
package org.djlext.internal;

import org.jspecify.annotations.NullMarked;
