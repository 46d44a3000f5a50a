/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.djlext.examples.lecture.Lab;
import org.djlext.examples.lecture3.Concatenation;
import org.djlext.examples.lecture3.MiniBatches;
import org.djlext.examples.lecture3.OneBatch;
import org.djlext.examples.lecture3.OneHotRows;
import org.djlext.examples.lecture3.SoftmaxOverflow;
import org.djlext.examples.lecture4.BatchNormFacts;
import org.djlext.examples.lecture4.BatchNormStatistics;
import org.djlext.examples.lecture4.DeepNetwork;
import org.djlext.examples.lecture4.FourClasses;
import org.djlext.examples.lecture4.HockeyStick;
import org.djlext.examples.lecture4.Nonlinearities;
import org.djlext.examples.lecture4.SaturatedTanh;
import org.djlext.examples.lecture4.SignalScales;
import org.djlext.examples.lecture5.LogitGradients;
import org.djlext.examples.lecture6.BatchNormAxes;
import org.djlext.examples.lecture6.LayerShapes;
import org.djlext.examples.lecture6.SlidingTree;

/** The experiments, by the names of the command line. */
public enum Experiment {
    /** {@link DeepNetwork}. */
    KAIMING(
            "deep network, weights divided by the root of the fan-in",
            "--max-steps --lr --gain --seed"),
    /** {@link DeepNetwork}. */
    NO_FAN_IN("deep network, standard normal weights", "--max-steps --lr --gain --seed"),
    /** {@link DeepNetwork}. */
    LINEAR_ONLY("deep network without tanh", "--max-steps --lr --gain --seed"),
    /** {@link DeepNetwork}. */
    LOW_RATE("deep network, learning rate 0.001", "--max-steps --lr --gain --seed"),
    /** {@link DeepNetwork}. */
    BATCH_NORM("deep network with batch norm", "--max-steps --lr --gain --seed"),
    /** {@link DeepNetwork}. */
    BATCH_NORM_NO_FAN_IN(
            "deep network with batch norm, standard normal weights",
            "--max-steps --lr --gain --seed"),
    /** {@link HockeyStick}. */
    HOCKEY_STICK("the first loss, by the scale of the output weights", "--max-steps --lr --seed"),
    /** {@link SaturatedTanh}. */
    SATURATION("tanh, by the scale of the hidden weights; dead units", "--seed"),
    /** {@link Nonlinearities}. */
    NONLINEARITIES("where nonlinearities let gradients through", ""),
    /** {@link SignalScales}. */
    STD("what a matrix does to the scale of a signal; gains", "--seed"),
    /** {@link FourClasses}. */
    FOUR_CLASSES("the loss by the logits, with four classes", "--seed"),
    /** {@link SoftmaxOverflow}. */
    OVERFLOW("softmax of large logits", ""),
    /** {@link OneHotRows}. */
    ONE_HOT("an embedding as a product with one-hot rows", "--seed"),
    /** {@link Concatenation}. */
    CONCATENATION("vectors side by side: concatenation and view", "--seed"),
    /** {@link OneBatch}. */
    ONE_BATCH("32 examples learnt by heart", "--max-steps --lr --seed"),
    /** {@link MiniBatches}. */
    MINI_BATCHES("steps on all examples and on mini-batches", "--max-steps --lr --seed"),
    /** {@link BatchNormStatistics}. */
    CALIBRATION("running and calibrated statistics of batch norm", "--max-steps --lr --seed"),
    /** {@link BatchNormFacts}. */
    BATCH_NORM_FACTS("coupled rows, a useless bias, one row alone", "--seed"),
    /** {@link LogitGradients}. */
    DLOGITS("the gradient of the logits as a picture", "--seed"),
    /** {@link LayerShapes}. */
    SHAPES("shapes in the flat network and in the tree", "--seed"),
    /** {@link SlidingTree}. */
    SLIDING_TREE("the tree as dilated convolutions over a name", "--seed"),
    /** {@link BatchNormAxes}. */
    BATCH_NORM_3D("batch norm over the wrong axes and the right ones", "--max-steps --lr --seed");

    private final String description;
    private final String options;

    Experiment(String description, String options) {
        this.description = description;
        this.options = options;
    }

    /**
     * Returns the experiment of a name.
     *
     * @param name a name such as hockey-stick
     * @return the experiment
     * @throws IllegalArgumentException if there is none
     */
    public static Experiment of(String name) {
        for (Experiment experiment : values()) {
            if (experiment.toString().equals(name)) {
                return experiment;
            }
        }
        throw new IllegalArgumentException(
                "an experiment is one of "
                        + Stream.of(values())
                                .map(Experiment::toString)
                                .collect(Collectors.joining(", "))
                        + ", but got \""
                        + name
                        + "\"");
    }

    /**
     * Returns what it is about.
     *
     * @return half a sentence
     */
    public String description() {
        return description;
    }

    /**
     * Returns the options that change it.
     *
     * @return their names, with spaces between
     */
    public String options() {
        return options;
    }

    /**
     * Runs it.
     *
     * @param lab what to work with
     */
    public void run(Lab lab) {
        switch (this) {
            case KAIMING -> DeepNetwork.run(lab, DeepNetwork.Variant.KAIMING);
            case NO_FAN_IN -> DeepNetwork.run(lab, DeepNetwork.Variant.NO_FAN_IN);
            case LINEAR_ONLY -> DeepNetwork.run(lab, DeepNetwork.Variant.LINEAR_ONLY);
            case LOW_RATE -> DeepNetwork.run(lab, DeepNetwork.Variant.LOW_RATE);
            case BATCH_NORM -> DeepNetwork.run(lab, DeepNetwork.Variant.BATCH_NORM);
            case BATCH_NORM_NO_FAN_IN ->
                    DeepNetwork.run(lab, DeepNetwork.Variant.BATCH_NORM_NO_FAN_IN);
            case HOCKEY_STICK -> HockeyStick.run(lab);
            case SATURATION -> SaturatedTanh.run(lab);
            case NONLINEARITIES -> Nonlinearities.run(lab);
            case STD -> SignalScales.run(lab);
            case FOUR_CLASSES -> FourClasses.run(lab);
            case OVERFLOW -> SoftmaxOverflow.run(lab);
            case ONE_HOT -> OneHotRows.run(lab);
            case CONCATENATION -> Concatenation.run(lab);
            case ONE_BATCH -> OneBatch.run(lab);
            case MINI_BATCHES -> MiniBatches.run(lab);
            case CALIBRATION -> BatchNormStatistics.run(lab);
            case BATCH_NORM_FACTS -> BatchNormFacts.run(lab);
            case DLOGITS -> LogitGradients.run(lab);
            case SHAPES -> LayerShapes.run(lab);
            case SLIDING_TREE -> SlidingTree.run(lab);
            case BATCH_NORM_3D -> BatchNormAxes.run(lab);
        }
    }

    /** Returns the name of the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
