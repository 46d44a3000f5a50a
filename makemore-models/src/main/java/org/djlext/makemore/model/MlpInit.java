/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

/** How the MLP's weights start, from the mistakes of makemore 2 to the remedies of makemore 3. */
public enum MlpInit {
    /** All standard normal, as in makemore 2: the first loss is 27 instead of 3.3. */
    ORIGINAL(1, 1, 1, 1),
    /** Small output weights and no output bias, so that no character is preferred at the start. */
    SOFTMAX(1, 1, 0.01, 0),
    /** Smaller hidden weights too, so that tanh is not saturated. */
    TANH(0.2, 0.01, 0.01, 0),
    /** Hidden weights by Kaiming's rule, 5/3 over the root of the number of inputs. */
    KAIMING(Double.NaN, 0.01, 0.01, 0);

    private final double hiddenWeight;
    final double hiddenBias;
    final double outputWeight;
    final double outputBias;

    MlpInit(double hiddenWeight, double hiddenBias, double outputWeight, double outputBias) {
        this.hiddenWeight = hiddenWeight;
        this.hiddenBias = hiddenBias;
        this.outputWeight = outputWeight;
        this.outputBias = outputBias;
    }

    double hiddenWeight(int fanIn) {
        return this == KAIMING ? ModelConfig.TANH_GAIN / Math.sqrt(fanIn) : hiddenWeight;
    }
}
