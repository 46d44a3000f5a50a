/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.TextCorpus;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.train.TrainingConfig;
import picocli.CommandLine.Mixin;

/** The options of {@code makemore train} that say what is trained and how. */
public final class RunOptions {

    @Mixin ModelOptions model = new ModelOptions();

    @Mixin TrainOptions training = new TrainOptions();

    /** Creates the options, which picocli reads. */
    public RunOptions() {}

    /**
     * Returns the model.
     *
     * @param corpus the data
     * @return the model and its sizes, which fit each other and the data
     */
    public ModelConfig model(Corpus corpus) {
        return model.config(corpus);
    }

    /**
     * Returns the settings.
     *
     * @param config the model
     * @param corpus the data
     * @return the settings, which fit the model
     */
    public TrainingConfig training(ModelConfig config, Corpus corpus) {
        TrainingConfig settings =
                training.settings(config.type(), corpus instanceof TextCorpus, model.isRecorded());
        return Mistake.unless(
                () -> {
                    settings.check(config);
                    return settings;
                });
    }
}
