/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import com.google.gson.Gson;
import com.google.gson.annotations.SerializedName;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

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

    static GoldenMoons read() throws IOException {
        try (InputStream in =
                GoldenMoons.class.getResourceAsStream("/golden/micrograd_moons.json")) {
            return new Gson()
                    .fromJson(new InputStreamReader(in, StandardCharsets.UTF_8), GoldenMoons.class);
        }
    }
}
