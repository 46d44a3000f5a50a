/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * The {@code makemore} command line: a class for each command, and for each group of options that
 * several commands share. What {@code --help} says of them is in {@code help.properties}.
 */
@NullMarked
package org.djlext.examples.cli;

import org.jspecify.annotations.NullMarked;
