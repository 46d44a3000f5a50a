/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.List;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Contexts;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.model.BigramNet.Rows;
import org.djlext.makemore.sample.BigramSampler;
import org.djlext.makemore.testing.LectureNames;
import org.djlext.makemore.train.BigramDescent;
import org.djlext.makemore.train.Gradients;
import org.djlext.testing.ArrayTest;
import org.djlext.testing.Golden;
import org.djlext.torch.RandomState;
import org.junit.jupiter.api.Test;

/** The net: PyTorch's tensors and losses of the lecture, and what it refuses. */
class BigramNetTest extends ArrayTest {

    private static final long SEED = 42;

    private static final long LECTURE_SEED = 2147483647L;

    private final JsonObject golden = Golden.read("/golden/bigrams.json");

    private static final List<String> NAMES = List.of("emma", "olivia", "ava", "mia", "bob");

    private static BigramNet net(NDManager manager, Rows rows, long seed) {
        BigramNet net = new BigramNet(27, rows);
        RandomState.seed(seed);
        net.initialize(manager, DataType.FLOAT32, new Shape(1));
        return net;
    }

    private NDArray xs(Examples examples) {
        return examples.slice(manager, 0, examples.size()).x().reshape(examples.size());
    }

    private NDArray ys(Examples examples) {
        return examples.slice(manager, 0, examples.size()).y();
    }

    @Test
    void stepsLeaveNothingInTheManagers() {
        Examples examples = Contexts.of(NAMES, 1, CharVocabulary.LETTERS);
        for (Gradients gradients : List.of(Gradients.MANUAL, Gradients.ENGINE)) {
            BigramNet net = net(manager, Rows.LOOK_UP, SEED);
            BigramDescent descent =
                    new BigramDescent(net, xs(examples), ys(examples), 0.01, gradients);
            descent.step(1);
            int before = manager.getManagedArrays().size();
            descent.step(1);
            descent.losses();
            net.probabilities(manager).close();
            assertEquals(before, manager.getManagedArrays().size());
        }
    }

    @Test
    void malformedArgumentsAreRefused() {
        BigramNet net = net(manager, Rows.LOOK_UP, SEED);
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

    private BigramNet net(Rows rows) {
        return net(manager, rows, LECTURE_SEED);
    }

    private BigramDescent descent(
            BigramNet net, List<String> names, double regularization, Gradients gradients) {
        Examples examples = Contexts.of(names, 1, CharVocabulary.LETTERS);
        int n = examples.size();
        NDArray xs = examples.slice(manager, 0, n).x().reshape(n);
        return new BigramDescent(
                net, xs, examples.slice(manager, 0, n).y(), regularization, gradients);
    }

    private NDArray tensor(JsonElement element) {
        return Golden.tensor(manager, element);
    }

    private static void assertClose(String name, NDArray got, NDArray want, Tolerance tolerance) {
        GradientTable table = new GradientTable(tolerance);
        table.compare(name, got, want);
        table.assertApproximate();
    }

    @Test
    void emmaHasPyTorchsNumbersOnEveryWay() {
        for (Rows rows : Rows.values()) {
            for (Gradients gradients : List.of(Gradients.MANUAL, Gradients.ENGINE)) {
                emma(rows, gradients);
            }
        }
    }

    private void emma(Rows rows, Gradients gradients) {
        BigramNet net = net(rows);
        NDArray xs = manager.create(new long[] {0, 5, 13, 13, 1});
        NDArray logits =
                net.forward(new ParameterStore(manager, false), new NDList(xs), false)
                        .singletonOrThrow();
        Tolerance tolerance = new Tolerance(1e-5, 1e-7);
        assertClose("probs", logits.softmax(1), tensor(golden.get("emma_probs")), tolerance);
        NDArray ys = manager.create(new long[] {5, 13, 13, 1, 0}, new Shape(5, 1));
        assertClose(
                "probs[y]",
                logits.softmax(1).gather(ys, 1).squeeze(1),
                tensor(golden.get("emma_correct_probs")),
                tolerance);
        BigramDescent descent = descent(net, List.of("emma"), 0, gradients);
        for (JsonElement loss : golden.getAsJsonArray("emma_losses_lr0.1")) {
            assertEquals(loss.getAsFloat(), descent.step(0.1).total(), 1e-6);
        }
        // PyTorch's weights after the same three steps.
        assertClose(
                "W",
                net.weight().stopGradient(),
                tensor(golden.get("W_after_3_updates_on_emma")),
                new Tolerance(1e-6, 1e-7));
    }

    @Test
    void hundredStepsOnAllBigramsArePyTorchs() {
        List<String> names = LectureNames.all();
        JsonObject want = golden.getAsJsonObject("train_reg0.01");
        BigramNet net = net(Rows.LOOK_UP);
        BigramDescent descent = descent(net, names, 0.01, Gradients.ENGINE);
        double[] losses = Golden.numbers(want.get("loss_before_step_k"));
        double[] nlls = Golden.numbers(want.get("data_nll_before_step_k"));
        for (int k = 0; k < 100; k++) {
            BigramDescent.Losses got = descent.step(50);
            assertEquals(losses[k], got.total(), 1e-6, "step " + k);
            assertEquals(nlls[k], got.nll(), 1e-6, "step " + k);
        }
        assertEquals(2.4899590, descent.losses().total(), 1e-6);
        assertClose(
                "W",
                net.weight().stopGradient(),
                tensor(want.get("W_after_100_updates")),
                new Tolerance(1e-3, 1e-4));
        assertEquals(
                Golden.strings(
                        want.getAsJsonObject("samples_after_100_updates").get("torch_1.13_debian")),
                new BigramSampler(CharVocabulary.LETTERS, net.probabilities(manager))
                        .names(manager, new TorchGenerator(LECTURE_SEED), 5));
    }

    @Test
    void handWrittenBackwardTrainsTheSame() {
        List<String> names = LectureNames.all();
        JsonObject want = golden.getAsJsonObject("train_noreg");
        for (Rows rows : Rows.values()) {
            // A matrix product adds up in blocks, and is as good as float64 here.
            double[] losses =
                    Golden.numbers(
                            want.get(
                                    rows == Rows.ONE_HOT
                                            ? "float64_loss_before_step_k"
                                            : "loss_before_step_k"));
            BigramDescent descent = descent(net(rows), names, 0, Gradients.MANUAL);
            for (int k = 0; k < 5; k++) {
                double loss = descent.step(50).total();
                assertEquals(losses[k], loss, 1e-6, rows + " step " + k);
            }
        }
    }
}
