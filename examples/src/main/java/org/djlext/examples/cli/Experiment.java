/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.util.Locale;
import java.util.function.Supplier;
import org.djlext.examples.lecture.Lab;
import org.djlext.examples.lecture3.Concatenation;
import org.djlext.examples.lecture3.MiniBatches;
import org.djlext.examples.lecture3.OneBatch;
import org.djlext.examples.lecture3.OneHotRows;
import org.djlext.examples.lecture3.SoftmaxOverflow;
import org.djlext.examples.lecture4.BatchNormFacts;
import org.djlext.examples.lecture4.BatchNormStatistics;
import org.djlext.examples.lecture4.DeepNetwork;
import org.djlext.examples.lecture4.DeepNetwork.Variant;
import org.djlext.examples.lecture4.FourClasses;
import org.djlext.examples.lecture4.HockeyStick;
import org.djlext.examples.lecture4.Nonlinearities;
import org.djlext.examples.lecture4.SaturatedTanh;
import org.djlext.examples.lecture4.SignalScales;
import org.djlext.examples.lecture5.LogitGradients;
import org.djlext.examples.lecture6.BatchNormAxes;
import org.djlext.examples.lecture6.LayerShapes;
import org.djlext.examples.lecture6.SlidingTree;

/** The experiments of lectures 3 to 6, by the names of the command line. */
enum Experiment {
    KAIMING("deep network, weights divided by the root of the fan-in", Variant.KAIMING),
    NO_FAN_IN("deep network, standard normal weights", Variant.NO_FAN_IN),
    LINEAR_ONLY("deep network without tanh", Variant.LINEAR_ONLY),
    LOW_RATE("deep network, learning rate 0.001", Variant.LOW_RATE),
    BATCH_NORM("deep network with batch norm", Variant.BATCH_NORM),
    BATCH_NORM_NO_FAN_IN(
            "deep network with batch norm, standard normal weights", Variant.BATCH_NORM_NO_FAN_IN),
    HOCKEY_STICK(
            "the first loss, by the scale of the output weights",
            Options.TRAINING,
            HockeyStick::new),
    SATURATION(
            "tanh, by the scale of the hidden weights; dead units", "--seed", SaturatedTanh::new),
    NONLINEARITIES("where nonlinearities let gradients through", "", Nonlinearities::new),
    STD("what a matrix does to the scale of a signal; gains", "--seed", SignalScales::new),
    FOUR_CLASSES("the loss by the logits, with four classes", "--seed", FourClasses::new),
    OVERFLOW("softmax of large logits", "", SoftmaxOverflow::new),
    ONE_HOT("an embedding as a product with one-hot rows", "--seed", OneHotRows::new),
    CONCATENATION("vectors side by side: concatenation and view", "--seed", Concatenation::new),
    ONE_BATCH("32 examples learnt by heart", Options.TRAINING, OneBatch::new),
    MINI_BATCHES("steps on all examples and on mini-batches", Options.TRAINING, MiniBatches::new),
    CALIBRATION(
            "running and calibrated statistics of batch norm",
            Options.TRAINING,
            BatchNormStatistics::new),
    BATCH_NORM_FACTS(
            "coupled rows, a useless bias, one row alone",
            "--seed --gradients",
            BatchNormFacts::new),
    DLOGITS("the gradient of the logits as a picture", "--seed", LogitGradients::new),
    SHAPES("shapes in the flat network and in the tree", "--seed", LayerShapes::new),
    SLIDING_TREE("the tree as dilated convolutions over a name", "--seed", SlidingTree::new),
    BATCH_NORM_3D(
            "batch norm over the wrong axes and the right ones",
            Options.TRAINING,
            BatchNormAxes::new);

    private interface Options {
        String TRAINING = "--max-steps --lr --seed --gradients";
    }

    private final String description;
    private final String options;

    @SuppressWarnings("ImmutableEnumChecker") // the programs hold nothing that changes
    private final Supplier<Lab> program;

    Experiment(String description, Variant variant) {
        this(description, Options.TRAINING + " --gain", () -> new DeepNetwork(variant));
    }

    Experiment(String description, String options, Supplier<Lab> program) {
        this.description = description;
        this.options = options;
        this.program = program;
    }

    /** Says in half a sentence what it is about. */
    String description() {
        return description;
    }

    /** Returns the options that change it. */
    String options() {
        return options;
    }

    /** Makes it, to be run. */
    Lab lab() {
        return program.get();
    }

    /** Returns the name of the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
