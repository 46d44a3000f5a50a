/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.NormalInitializer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.djlext.testing.ArrayTest;
import org.djlext.testing.Threads;
import org.junit.jupiter.api.Test;

class RandomStreamTest extends ArrayTest {

    // torch.manual_seed(7); torch.rand(3): in PyTorch
    private static final float[] SEVEN = {0.53492254f, 0.19880319f, 0.6592117f};

    private static float[] draw(NDManager manager, int count) {
        return manager.randomUniform(0, 1, new Shape(count)).toFloatArray();
    }

    private static float[] plain(NDManager manager, long seed, int count) {
        RandomState.seed(seed);
        return draw(manager, count);
    }

    @Test
    void aStreamGivesPyTorchsNumbers() {
        assertArrayEquals(SEVEN, new RandomStream(7).run(() -> draw(manager, 3)));
    }

    @Test
    void seedsNeedNoInt() {
        long seed = 2147483647L + 10;
        float[] expected = plain(manager, seed, 5);
        assertArrayEquals(expected, new RandomStream(seed).run(() -> draw(manager, 5)));
    }

    @Test
    void theEnginesOwnNumbersContinue() {
        float[] expected = plain(manager, 3, 6);
        RandomState.seed(3);
        assertArrayEquals(Arrays.copyOf(expected, 3), draw(manager, 3));
        new RandomStream(7).run(() -> draw(manager, 100));
        assertArrayEquals(Arrays.copyOfRange(expected, 3, 6), draw(manager, 3));
    }

    @Test
    void streamsInsideStreamsContinueEachTheirOwn() {
        float[] seven = plain(manager, 7, 4);
        float[] nine = plain(manager, 9, 2);
        RandomStream outer = new RandomStream(7);
        RandomStream inner = new RandomStream(9);
        List<Float> drawn = new ArrayList<>();
        Runnable one = () -> drawn.add(draw(manager, 1)[0]);
        outer.run(
                () -> {
                    one.run();
                    inner.run(
                            () -> {
                                one.run();
                                outer.run(one);
                                one.run();
                            });
                    one.run();
                });
        outer.run(one);
        assertEquals(List.of(seven[0], nine[0], seven[1], nine[1], seven[2], seven[3]), drawn);
    }

    @Test
    void workThatFailsLeavesTheEngineItsNumbers() {
        float[] expected = plain(manager, 3, 2);
        RandomState.seed(3);
        RandomStream stream = new RandomStream(7);
        assertThrows(
                IllegalStateException.class,
                () ->
                        stream.run(
                                () -> {
                                    draw(manager, 1);
                                    throw new IllegalStateException("stop");
                                }));
        assertArrayEquals(expected, draw(manager, 2));
        assertEquals(SEVEN[1], stream.run(() -> draw(manager, 1))[0]);
    }

    @Test
    void aScopeThatClosesLeavesTheStreamAlone() {
        RandomStream stream = new RandomStream(7);
        for (int i = 0; i < 3; i++) {
            try (NDScope scope = new NDScope()) {
                scope.suppressNotUsedWarning();
                assertEquals(SEVEN[i], stream.run(() -> draw(manager, 1))[0]);
            }
        }
    }

    /** Initializers draw from the engine, and take no generator; threads take turns. */
    @Test
    void threadsGetTheNumbersThatEachGetsAlone() {
        List<float[]> alone =
                IntStream.range(0, 4).mapToObj(seed -> initialValues(manager, seed)).toList();
        Threads.run(4, t -> assertArrayEquals(alone.get(t), initialValues(manager, t)));
    }

    private static float[] initialValues(NDManager manager, long seed) {
        RandomStream stream = new RandomStream(seed);
        float[] values = new float[200];
        try (NDManager sub = manager.newSubManager()) {
            for (int i = 0; i < values.length; i++) {
                Parameter parameter =
                        Parameter.builder()
                                .setName("weight")
                                .setType(Parameter.Type.WEIGHT)
                                .optShape(new Shape(20))
                                .optInitializer(new NormalInitializer())
                                .build();
                stream.run(() -> parameter.initialize(sub, DataType.FLOAT32));
                values[i] = parameter.getArray().sum().getFloat();
                parameter.close();
            }
        }
        return values;
    }
}
