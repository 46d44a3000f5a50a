/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import com.google.gson.Gson;
import com.google.gson.annotations.SerializedName;
import org.djlext.testing.Golden;

/** A run of the published micrograd on the moons. */
final class GoldenMoons {

    @SerializedName("X")
    final double[][] points = {};

    @SerializedName("y")
    final double[] labels = {};

    @SerializedName("init_parameters")
    final double[] initParameters = {};

    @SerializedName("grads_step0")
    final double[] firstGradients = {};

    final double[] losses = {};
    final double[] accuracy = {};

    @SerializedName("final_parameters")
    final double[] finalParameters = {};

    static GoldenMoons read() {
        return new Gson().fromJson(Golden.read("/golden/micrograd_moons.json"), GoldenMoons.class);
    }
}
