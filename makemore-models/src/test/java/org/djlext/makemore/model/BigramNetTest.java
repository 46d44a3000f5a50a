/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import static org.djlext.testing.Failures.assertFails;
import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.TranslateException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Contexts;
import org.djlext.makemore.model.BigramNet.Rows;
import org.djlext.makemore.train.BigramDescent;
import org.djlext.makemore.train.Gradients;
import org.djlext.nn.CrossEntropyLoss;
import org.djlext.testing.ArrayTest;
import org.djlext.torch.RandomState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The net as a Block: trained by DJL's own Trainer, saved and loaded, and what it refuses. */
class BigramNetTest extends ArrayTest {

    private static final long SEED = 42;
    private static final List<String> NAMES = List.of("emma", "olivia", "ava", "mia", "bob");

    private static BigramNet net(NDManager manager, Rows rows) {
        BigramNet net = new BigramNet(27, rows);
        RandomState.seed(SEED);
        net.initialize(manager, DataType.FLOAT32, new Shape(1));
        return net;
    }

    private NDArray xs(Contexts examples) {
        return examples.slice(manager, 0, examples.size()).x().reshape(examples.size());
    }

    private NDArray ys(Contexts examples) {
        return examples.slice(manager, 0, examples.size()).y();
    }

    /** The penalty reg mean(W^2) has the gradient 2 reg / V^2 W, which is a weight decay. */
    @ParameterizedTest
    @EnumSource(value = Gradients.class, names = "COMPILED", mode = EnumSource.Mode.EXCLUDE)
    void djlsTrainerTakesTheSameSteps(Gradients gradients) throws IOException, TranslateException {
        Contexts examples = Contexts.of(NAMES, 1, CharVocabulary.LETTERS);
        BigramNet ours = net(manager, Rows.LOOK_UP);
        BigramDescent descent =
                new BigramDescent(ours, xs(examples), ys(examples), 0.01, gradients);
        for (int k = 0; k < 20; k++) {
            descent.step(10);
        }
        try (Model model = Model.newInstance("bigram")) {
            BigramNet theirs = net(model.getNDManager(), Rows.ONE_HOT);
            model.setBlock(theirs);
            Loss loss =
                    gradients == Gradients.MANUAL
                            ? new CrossEntropyLoss()
                            : Loss.softmaxCrossEntropyLoss();
            Optimizer sgd =
                    Optimizer.sgd()
                            .setLearningRateTracker(Tracker.fixed(10))
                            .optWeightDecays(2 * 0.01f / (27 * 27))
                            .build();
            ArrayDataset data =
                    new ArrayDataset.Builder()
                            .setData(xs(examples))
                            .optLabels(ys(examples))
                            .setSampling(examples.size(), false)
                            .build();
            try (Trainer trainer =
                    model.newTrainer(new DefaultTrainingConfig(loss).optOptimizer(sgd))) {
                trainer.initialize(new Shape(examples.size()));
                for (int k = 0; k < 20; k++) {
                    for (Batch batch : trainer.iterateDataset(data)) {
                        EasyTrain.trainBatch(trainer, batch);
                        trainer.step();
                        batch.close();
                    }
                }
            }
            float[] want = ours.weight().toFloatArray();
            float[] got = theirs.weight().toFloatArray();
            for (int i = 0; i < want.length; i++) {
                assertEquals(want[i], got[i], 2e-5, "weight " + i);
            }
        }
    }

    @Test
    void stepsLeaveNothingInTheManagers() {
        Contexts examples = Contexts.of(NAMES, 1, CharVocabulary.LETTERS);
        for (Gradients gradients : List.of(Gradients.MANUAL, Gradients.ENGINE)) {
            BigramNet net = net(manager, Rows.LOOK_UP);
            BigramDescent descent =
                    new BigramDescent(net, xs(examples), ys(examples), 0.01, gradients);
            descent.step(1);
            int before = manager.getManagedArrays().size();
            descent.step(1);
            descent.losses();
            descent.gradient(manager).close();
            net.probabilities(manager).close();
            assertEquals(before, manager.getManagedArrays().size());
        }
    }

    private void load(BigramNet net, byte[] bytes) throws IOException, MalformedModelException {
        net.loadParameters(manager, new DataInputStream(new ByteArrayInputStream(bytes)));
    }

    @Test
    void isSavedLoadedAndRefusedWhereItDoesNotFit() throws IOException, MalformedModelException {
        BigramNet net = net(manager, Rows.LOOK_UP);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        net.saveParameters(new DataOutputStream(out));
        byte[] bytes = out.toByteArray();
        BigramNet loaded = new BigramNet(27, Rows.ONE_HOT);
        load(loaded, bytes);
        assertEquals(net.weight().stopGradient(), loaded.weight());
        NDList index = new NDList(manager.create(new long[] {7, 0, 26}, new Shape(3, 1)));
        NDArray logits =
                loaded.forward(new ParameterStore(manager, false), index, false).singletonOrThrow();
        assertEquals(new Shape(3, 1, 27), logits.getShape());
        assertEquals(net.weight().get(26).stopGradient(), logits.get(2, 0));

        BigramNet small = new BigramNet(5, Rows.LOOK_UP);
        assertFails(
                MalformedModelException.class,
                "the block to load is BigramNet with weight (5, 5), but the saved one is BigramNet"
                        + " with weight (27, 27)",
                () -> load(small, bytes));
        bytes[0] = 2;
        assertFails(
                MalformedModelException.class,
                "BigramNet reads version 3, but the file has 2",
                () -> load(loaded, bytes));
    }

    @Test
    void malformedArgumentsAreRefused() {
        BigramNet net = net(manager, Rows.LOOK_UP);
        NDArray xs = manager.create(new long[] {0, 1});
        NDArray three = manager.create(new long[] {0, 1, 2});
        assertRefused(
                "regularization must be 0 or more, but got -1.0",
                () -> new BigramDescent(net, xs, xs, -1, Gradients.ENGINE));
        assertRefused(
                "xs and ys must have one shape (n), but have (2) and (3)",
                () -> new BigramDescent(net, xs, three, 0, Gradients.ENGINE));
        assertRefused(
                "a descent on bigrams is recorded, by MANUAL or ENGINE gradients, but got COMPILED",
                () -> new BigramDescent(net, xs, xs, 0, Gradients.COMPILED));
        assertRefused(
                "vocabSize must be 1 or more, but got 0", () -> new BigramNet(0, Rows.LOOK_UP));
    }
}
