/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.util.List;

/**
 * What a list of names, or of anything else, holds.
 *
 * @param items the items in the order of the files, each as often as it occurs; where the files say
 *     how often by counts, a million times the same name takes no more memory than once
 * @param notices what the user should know, though nothing is wrong: sentences, often none
 */
public record Items(List<String> items, List<String> notices) {}
