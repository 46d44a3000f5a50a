/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.testing;

import ai.djl.training.Trainer;
import ai.djl.training.listener.EvaluatorTrainingListener;
import ai.djl.training.listener.TrainingListenerAdapter;
import java.util.ArrayList;
import java.util.List;

/** The losses of a training of DJL's, as its own listeners, which come before, add them up. */
public final class RecordedLosses extends TrainingListenerAdapter {

    private final List<Float> losses = new ArrayList<>();

    /** Creates a listener that has heard nothing. */
    public RecordedLosses() {}

    @Override
    public void onTrainingBatch(Trainer trainer, BatchData batch) {
        losses.add(trainer.getLoss().getAccumulator(EvaluatorTrainingListener.TRAIN_ALL));
    }

    /** {@return what was heard, a number for each batch} */
    public List<Float> losses() {
        return losses;
    }
}
