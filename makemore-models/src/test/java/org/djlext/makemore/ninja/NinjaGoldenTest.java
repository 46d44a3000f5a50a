/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.ninja;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.GradientCollector;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.LongStream;
import org.djlext.autograd.Autograd;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.testing.ArrayTest;
import org.djlext.testing.Golden;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The ninja's network against PyTorch: draws, every intermediate, every gradient. */
class NinjaGoldenTest extends ArrayTest {

    private static final long SEED = 2147483647L;

    private JsonObject golden;
    private NinjaParameters p;
    private NDArray xb;
    private NDArray yb;

    @BeforeEach
    void open() {
        golden = Golden.read("/golden/ninja_forward.json");
        JsonObject init = golden.getAsJsonObject("init");
        p =
                new NinjaParameters(
                        Golden.tensor(manager, init.get("C")),
                        Golden.tensor(manager, init.get("W1")),
                        Golden.tensor(manager, init.get("b1")),
                        Golden.tensor(manager, init.get("W2")),
                        Golden.tensor(manager, init.get("b2")),
                        Golden.tensor(manager, init.get("bngain")),
                        Golden.tensor(manager, init.get("bnbias")));
        xb = Golden.tensor(manager, golden.get("Xb"));
        yb = Golden.tensor(manager, golden.get("Yb"));
    }

    @Test
    void parametersAndMiniBatchAreDrawnAsPyTorchDrawsThem() {
        TorchGenerator generator = new TorchGenerator(SEED);
        NinjaParameters drawn = NinjaParameters.draw(manager, generator, 27, 64);
        assertEquals(golden.get("params_total").getAsLong(), drawn.count());
        for (int i = 0; i < 7; i++) {
            assertEquals(p.list().get(i), drawn.list().get(i), NinjaParameters.NAMES.get(i));
        }
        long[] rows = generator.randint(manager, 182625, 32);
        assertArrayEquals(
                Golden.numbers(golden.get("ix")), LongStream.of(rows).asDoubleStream().toArray());
    }

    @Test
    void everyIntermediateIsPyTorchs() {
        ChunkedForward f = ChunkedForward.run(p, xb, yb);
        Map<String, NDArray> got = f.byName(p);
        // Sums and products round differently from one build of the library to the next.
        GradientTable table = new GradientTable(new Tolerance(1e-5, 2e-6));
        golden.getAsJsonObject("forward")
                .asMap()
                .forEach(
                        (name, want) -> {
                            NDArray array = got.get(name);
                            if (array != null) {
                                table.compare(name, array, Golden.tensor(manager, want));
                            }
                        });
        assertEquals(19, table.rows().size());
        table.assertApproximate();
        assertEquals(3.557147, f.loss().getFloat(), 1e-6);
    }

    @Test
    void everyManualGradientIsPyTorchsInFloat64() {
        JsonObject want =
                Golden.read("/golden/ninja_gradients_float64.json").getAsJsonObject("grads");
        ChunkedForward f = ChunkedForward.run(p, xb, yb);
        Map<String, NDArray> manual = ChunkedBackward.run(f, p, xb, yb);
        assertEquals(26, manual.size());
        assertEquals(List.copyOf(f.byName(p).keySet()), List.copyOf(manual.keySet()));
        GradientTable table = new GradientTable(new Tolerance(1e-4, 5e-7));
        manual.forEach(
                (name, gradient) ->
                        table.compare(
                                name,
                                gradient.toType(DataType.FLOAT64, false),
                                Golden.tensor(manager, want.get(name))));
        table.assertApproximate();
    }

    @Test
    void manualGradientsAreTheEngines() {
        p.list().forEach(a -> a.setRequiresGradient(true));
        ChunkedForward f;
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            f = ChunkedForward.run(p, xb, yb);
            f.byName(p).values().forEach(Autograd::retainGrad);
            collector.backward(f.loss());
        }
        GradientTable table = new GradientTable();
        Map<String, NDArray> tensors = f.byName(p);
        ChunkedBackward.run(f, p, xb, yb)
                .forEach(
                        (name, gradient) ->
                                table.compare(
                                        name,
                                        gradient,
                                        Autograd.gradient(
                                                Objects.requireNonNull(tensors.get(name)))));
        table.assertApproximate();
        String[] exact =
                ("logprobs probs counts_sum_inv counts_sum counts norm_logits"
                                + " logit_maxes logits h W2 b2")
                        .split(" ", -1);
        for (int i = 0; i < exact.length; i++) {
            assertEquals(exact[i], table.rows().get(i).name());
            assertTrue(table.rows().get(i).exact(), table.rows().get(i).toString());
        }
    }

    @Test
    void stepOfExercise4IsTheChunkedNetwork() {
        ChunkedForward chunked = ChunkedForward.run(p, xb, yb);
        Map<String, NDArray> want = ChunkedBackward.run(chunked, p, xb, yb);
        ManualStep step = new ManualStep(manager, 32, 27);
        ManualStep.Forward f = step.forward(p, xb, yb);
        assertEquals(chunked.loss().getFloat(), f.loss().getFloat(), 1e-6f);
        NDList got = step.backward(f, p, xb, yb);
        GradientTable table = new GradientTable(ManualTrainer.STEP_TOLERANCE);
        for (int i = 0; i < got.size(); i++) {
            String name = NinjaParameters.NAMES.get(i);
            table.compare(name, got.get(i), Objects.requireNonNull(want.get(name)));
        }
        table.assertApproximate();
    }

    @Test
    void stepsLeaveNothingInTheManagerOfTheParameters() {
        ManualStep step = new ManualStep(manager, 32, 27);
        int before = manager.getManagedArrays().size();
        try (NDManager sub = manager.newSubManager()) {
            NDArray x = sub.create(xb.toLongArray(), xb.getShape());
            NDArray y = sub.create(yb.toLongArray(), yb.getShape());
            step.backward(step.forward(p, x, y), p, x, y);
        }
        assertEquals(before, manager.getManagedArrays().size());
    }
}
