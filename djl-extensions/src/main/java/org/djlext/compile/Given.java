/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import java.util.List;

/**
 * What a function of lines is given.
 *
 * @param batch what differs from call to call: data and labels
 * @param trained the parameters that an optimizer updates
 * @param others the other parameters
 */
record Given(List<Value> batch, List<Value> trained, List<Value> others) {}
