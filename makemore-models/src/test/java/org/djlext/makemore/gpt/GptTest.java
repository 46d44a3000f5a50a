/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import java.util.Map;
import java.util.TreeMap;
import org.djlext.autograd.Autograd;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.nn.ParameterNames;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class GptTest extends ArrayTest {

    private static GptConfig ugly(double dropout) {
        return GptConfig.lecture(11, 7, 12, 3, 2, dropout);
    }

    private Gpt model(GptConfig config) {
        Engine.getInstance().setRandomSeed(42);
        Gpt model = new Gpt(config);
        model.initialize(manager, DataType.FLOAT64);
        return model;
    }

    private NDArray tokens(int rows, int steps, int vocabulary) {
        return manager.randomInteger(0, vocabulary, new Shape(rows, steps), DataType.INT64);
    }

    /** The loss and the gradient of each parameter, after the seed. */
    private Map<String, NDArray> gradients(Gpt model, Gradients gradients, NDArray x, NDArray y) {
        Map<String, NDArray> results = new TreeMap<>();
        Engine.getInstance().setRandomSeed(7);
        try (Autograd.Scope way = gradients.scope();
                GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray logits = model.call(new ParameterStore(manager, false), x, true);
            NDArray loss = model.loss(logits, y);
            collector.backward(loss);
            results.put("loss", loss);
        }
        ParameterNames.trained(model)
                .forEach((name, p) -> results.put(name, p.getArray().getGradient().duplicate()));
        return results;
    }

    @ParameterizedTest
    @CsvSource({
        "G0, 4225",
        "G1, 4481",
        "G2, 7553",
        "G3, 7553",
        "G4, 8609",
        "G5, 16865",
        "G6, 41921",
        "G7, 42369",
        "G8, 10788929",
    })
    void stagesHaveTheLecturesNumbersOfParameters(GptStage stage, long count) {
        Gpt model = new Gpt(stage.config(65));
        assertEquals(count, model.parameterCount());
        assertEquals("gpt", model.toString());
    }

    @ParameterizedTest
    @EnumSource(value = GptStage.class, names = "G8", mode = EnumSource.Mode.EXCLUDE)
    void handWrittenGradientsAreTheEngines(GptStage stage) {
        GptConfig config = stage.config(11);
        Gpt engine = model(config);
        Gpt manual = model(config);
        NDArray x = tokens(5, 6, 11);
        NDArray y = tokens(5, 6, 11);
        assertEquals(new Shape(5, 6, 11), manual.getOutputShapes(new Shape[] {x.getShape()})[0]);
        Map<String, NDArray> want = gradients(engine, Gradients.ENGINE, x, y);
        GradientTable table = new GradientTable(new Tolerance(1e-9, 1e-12));
        gradients(manual, Gradients.MANUAL, x, y)
                .forEach((name, value) -> table.compare(name, value, want.getOrDefault(name, x)));
        table.assertApproximate();
        assertEquals(want.size(), table.rows().size());
    }

    @Test
    void aPositionDoesNotSeeTheNext() {
        Gpt model = model(ugly(0));
        NDArray x = tokens(1, 7, 11);
        NDArray changed = x.duplicate();
        changed.set(new long[] {10, 9, 8, 7, 6, 5, 4});
        NDArray mixed = x.get(":, :4").concat(changed.reshape(1, 7).get(":, 4:"), 1);
        ParameterStore store = new ParameterStore(manager, false);
        NDArray a = model.call(store, x, false);
        NDArray b = model.call(store, mixed, false);
        assertTrue(a.get(":, :4").allClose(b.get(":, :4"), 1e-12, 1e-12, false));
        assertFalse(a.get(":, 4:").allClose(b.get(":, 4:"), 1e-3, 1e-3, false));
    }

    @ParameterizedTest
    @EnumSource(value = Gradients.class, names = "COMPILED", mode = EnumSource.Mode.EXCLUDE)
    void dropoutActsInTrainingAloneAndLeavesTheMean(Gradients gradients) {
        Gpt with = model(ugly(0.3));
        Gpt without = model(ugly(0));
        NDArray x = tokens(3, 7, 11);
        ParameterStore store = new ParameterStore(manager, false);
        Autograd.Scope way = gradients.scope();
        NDArray evaluated = with.call(store, x, false);
        assertTrue(evaluated.allClose(without.call(store, x, true), 1e-12, 1e-12, false));
        NDArray one = with.call(store, x, true);
        assertFalse(one.allClose(with.call(store, x, true), 1e-3, 1e-3, false));
        NDArray sum = evaluated.zerosLike();
        int draws = 60;
        for (int i = 0; i < draws; i++) {
            sum.addi(with.call(store, x, true));
        }
        // Only roughly: layer norm and relu do not commute with the mean.
        double off = sum.div(draws).sub(evaluated).abs().mean().getDouble();
        double single = one.sub(evaluated).abs().mean().getDouble();
        way.close();
        assertTrue(off < single / 3, off + " of " + single);
    }

    @ParameterizedTest
    @EnumSource(value = Gradients.class, names = "COMPILED", mode = EnumSource.Mode.EXCLUDE)
    void checkpointingChangesNoNumber(Gradients gradients) {
        NDArray x = tokens(3, 7, 11);
        NDArray y = tokens(3, 7, 11);
        Gpt plain = model(ugly(0.2));
        Gpt checkpointing = model(computed(0.2, false, true));
        Map<String, NDArray> want = gradients(plain, gradients, x, y);
        gradients(checkpointing, gradients, x, y)
                .forEach(
                        (name, value) ->
                                assertArrayEquals(
                                        want.getOrDefault(name, value.neg()).toDoubleArray(),
                                        value.toDoubleArray(),
                                        1e-15,
                                        name));
    }

    @Test
    void bfloat16IsCloseAndItsGradientsAreFloat32() {
        NDArray x = tokens(3, 7, 11);
        NDArray y = tokens(3, 7, 11);
        Gpt plain = new Gpt(ugly(0));
        Gpt half = new Gpt(computed(0, true, false));
        for (Gpt model : new Gpt[] {plain, half}) {
            Engine.getInstance().setRandomSeed(42);
            model.initialize(manager, DataType.FLOAT32);
        }
        Map<String, NDArray> want = gradients(plain, Gradients.ENGINE, x, y);
        Map<String, NDArray> got = gradients(half, Gradients.ENGINE, x, y);
        float loss = want.getOrDefault("loss", x).getFloat();
        float rounded = got.getOrDefault("loss", x).getFloat();
        assertEquals(loss, rounded, 0.01);
        assertTrue(loss != rounded, "nothing was rounded");
        got.forEach(
                (name, value) -> {
                    assertEquals(DataType.FLOAT32, value.getDataType());
                    NDArray reference = want.getOrDefault(name, value);
                    double off = value.sub(reference).norm().getFloat();
                    assertTrue(off <= 0.05 * reference.norm().getFloat() + 1e-4, name + " " + off);
                });
        assertRefused(
                "bfloat16 works with the engine's gradients alone, because its casts happen in"
                        + " scripts of their own, but got MANUAL; use ENGINE",
                () ->
                        TrainingConfig.builder(1)
                                .gradients(Gradients.MANUAL)
                                .build()
                                .check(computed(0, true, false)));
    }

    @Test
    void wrongShapesAndSizesAreRefusedInOneSentence() {
        Gpt model = model(ugly(0));
        ParameterStore store = new ParameterStore(manager, false);
        assertRefused(
                "a GPT takes indices of shape (B, T) with T at most its block size 7, but got (2,"
                        + " 8); leave out the oldest characters",
                () -> model.call(store, tokens(2, 8, 11), false));
        assertRefused(
                "a model's embedding must be a multiple of its heads, but they are 12 and 5",
                () -> GptConfig.lecture(11, 7, 12, 5, 2, 0).model());
        assertRefused(
                "a GPT's dropout must be from 0 to less than 1, but is NaN",
                () -> GptConfig.lecture(11, 7, 12, 3, 2, Double.NaN).model());
        assertRefused(
                "a model's layers must be at least 1, but is 0",
                () -> GptConfig.lecture(11, 7, 12, 3, 0, 0).model());
    }

    private static GptConfig computed(double dropout, boolean bfloat16, boolean checkpointing) {
        return (GptConfig)
                ugly(dropout).with(Map.of("bfloat16", bfloat16, "checkpointing", checkpointing));
    }
}
