/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonObject;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.djlext.makemore.data.NumpyRandom;
import org.djlext.makemore.data.PythonRandom;
import org.djlext.testing.Golden;
import org.junit.jupiter.api.Test;

/** The moons demo against the run of the published micrograd: 100 steps on 100 points. */
class MoonsTest {

    private static final IntToDoubleFunction SCHEDULE = GradientDescent.linear(1, 0.1, 100);

    private final JsonObject golden = Golden.read("/golden/micrograd_moons.json");
    private final double[] labels = numbers("y");
    private final double[] points = numbers("X"); // x and y of each

    private double[] numbers(String key) {
        return Golden.numbers(golden.get(key));
    }

    @Test
    void pointsAreScikitLearns() {
        Batch moons = Moons.make(100, 0.1, new NumpyRandom(1337));
        assertArrayEquals(labels, data(moons.labels()));
        for (int i = 0; i < 100; i++) {
            double[] point = {points[2 * i], points[2 * i + 1]};
            assertArrayEquals(point, data(moons.points().get(i)), 1e-15);
        }
    }

    @Test
    void initialParametersAreThoseOfPythonsSeed() {
        assertEquals(337, net().parameters().size());
        assertArrayEquals(numbers("init_parameters"), data(net().parameters()));
    }

    @Test
    void readableEngineTrainsAsThePublishedOne() {
        Mlp model = net();
        double[] losses = numbers("losses");
        double[] accuracy = numbers("accuracy");
        for (int k = 0; k < 100; k++) {
            Batch batch = Moons.make(100, 0.1, new NumpyRandom(1337));
            List<Value> scores = batch.scores(model);
            Value loss = loss(model, batch, scores);
            assertEquals(losses[k], loss.data, 1e-9, "loss of step " + k);
            assertEquals(accuracy[k], Losses.accuracy(scores, batch.labels()));
            model.zeroGrad();
            loss.backward();
            if (k == 0) {
                assertArrayEquals(
                        numbers("grads_step0"),
                        model.parameters().stream().mapToDouble(p -> p.grad).toArray(),
                        1e-12);
            }
            GradientDescent.step(model.parameters(), SCHEDULE.applyAsDouble(k));
        }
        assertArrayEquals(numbers("final_parameters"), data(model.parameters()), 1e-8);
    }

    private static Mlp net() {
        return Mlp.relu(new PythonRandom(1337), 2, 16, 16, 1);
    }

    static Value loss(Mlp model, Batch batch, List<Value> scores) {
        return Losses.maxMargin(scores, batch.labels()).add(Losses.l2(model.parameters(), 1e-4));
    }

    static double[] data(List<Value> values) {
        return values.stream().mapToDouble(v -> v.data).toArray();
    }
}
