/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.function.Function;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeTry;
import org.djlext.gradcheck.Tolerance;
import org.djlext.testing.Gradients;

/** For shapes and values drawn at random, every operation is the engine's. */
class OperationPropertiesTest {

    private static final int TRIES = 40;

    private NDManager manager = NDManager.newBaseManager();

    @BeforeTry
    void open() {
        manager.close();
        manager = NDManager.newBaseManager();
    }

    @AfterTry
    void close() {
        manager.close();
    }

    /** None to three axes of length 0 to 4. */
    @Provide
    Arbitrary<List<Long>> axes() {
        return Arbitraries.longs().between(0, 4).list().ofMaxSize(3);
    }

    private static Shape shape(List<Long> leading, long... last) {
        return new Shape(leading).addAll(new Shape(last));
    }

    private NDArray random(double scale, Shape shape) {
        return manager.randomNormal(0, (float) scale, shape, DataType.FLOAT64);
    }

    /** Compares with the engine; values are drawn from the seed. */
    private void same(int seed, OpCase op, Function<OperationPropertiesTest, NDList> draw) {
        Engine.getInstance().setRandomSeed(seed);
        NDList inputs = draw.apply(this);
        assertEquals(op.engine(inputs).getShape(), op.manual(inputs).getShape());
        Gradients.assertSame(op::manual, op::engine, inputs, new Tolerance(1e-8, 1e-9));
    }

    @Property(tries = TRIES, seed = "1337")
    void linear(
            @ForAll int seed,
            @ForAll("axes") List<Long> leading,
            @ForAll @IntRange(max = 6) int in,
            @ForAll @IntRange(max = 6) int out,
            @ForAll @DoubleRange(max = 10) double scale) {
        same(
                seed,
                OpCases.linear(),
                t ->
                        new NDList(
                                random(scale, shape(leading, in)),
                                random(1, new Shape(in, out)),
                                random(1, new Shape(out))));
    }

    @Property(tries = TRIES, seed = "1337")
    void elementwise(
            @ForAll int seed,
            @ForAll("axes") List<Long> axes,
            @ForAll @DoubleRange(max = 10) double scale) {
        for (OpCase op :
                List.of(
                        OpCases.tanh(),
                        OpCases.sigmoid(),
                        OpCases.silu(),
                        OpCases.relu(),
                        OpCases.gelu(),
                        OpCases.legendre(),
                        OpCases.dropout())) {
            same(seed, op, t -> new NDList(random(scale, shape(axes))));
        }
    }

    @Property(tries = TRIES, seed = "1337")
    void embedding(@ForAll int seed, @ForAll("axes") List<Long> axes) {
        same(
                seed,
                OpCases.embedding(),
                t ->
                        new NDList(
                                manager.randomInteger(0, 7, shape(axes), DataType.INT64),
                                random(1, new Shape(7, 3))));
    }

    @Property(tries = TRIES, seed = "1337")
    void layerNorm(
            @ForAll int seed,
            @ForAll("axes") List<Long> leading,
            @ForAll @IntRange(min = 1, max = 6) int features,
            @ForAll @DoubleRange(max = 10) double scale) {
        same(
                seed,
                OpCases.layerNorm(),
                t ->
                        new NDList(
                                random(scale, shape(leading, features)),
                                random(1, new Shape(features)),
                                random(1, new Shape(features))));
    }

    @Property(tries = TRIES, seed = "1337")
    void causalAttention(
            @ForAll int seed,
            @ForAll("axes") List<Long> leading,
            @ForAll @IntRange(max = 5) int steps,
            @ForAll @IntRange(min = 1, max = 4) int headSize,
            @ForAll @IntRange(max = 4) int valueSize) {
        same(
                seed,
                SequenceCases.causalAttention(),
                t ->
                        new NDList(
                                random(2, shape(leading, steps, headSize)),
                                random(2, shape(leading, steps, headSize)),
                                random(2, shape(leading, steps, valueSize))));
    }

    @Property(tries = TRIES, seed = "1337")
    void labelSmoothing(
            @ForAll int seed,
            @ForAll @IntRange(min = 1, max = 6) int rows,
            @ForAll @IntRange(min = 1, max = 9) int classes,
            @ForAll @DoubleRange(max = 10) double scale) {
        same(
                seed,
                LossCases.labelSmoothing(),
                t -> {
                    NDArray labels =
                            manager.randomInteger(-1, classes, new Shape(rows), DataType.INT64);
                    labels.set(new NDIndex(0), 0); // not all ignored
                    return new NDList(random(scale, new Shape(rows, classes)), labels);
                });
    }
}
