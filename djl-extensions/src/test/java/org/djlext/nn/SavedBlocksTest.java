/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.djlext.testing.Failures.assertFails;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every Block is loaded into one like it, can be saved again, and is refused by all others. */
class SavedBlocksTest extends ArrayTest {

    private Path dir;

    @BeforeEach
    void open(@TempDir Path folder) {
        dir = folder;
        Engine.getInstance().setRandomSeed(21);
    }

    /**
     * A Block.
     *
     * @param make makes it, without values
     * @param integers whether its input is of integers
     * @param inputs the shapes of its inputs
     */
    record Case(String name, Supplier<Block> make, boolean integers, List<Shape> inputs) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> blocks() {
        Shape x = new Shape(3, 2, 5);
        return Stream.of(
                new Case("Linear", linear(8), false, List.of(x)),
                new Case(
                        "Linear without bias",
                        () -> Linear.builder().setUnits(8).optBiases(null).build(),
                        false,
                        List.of(x)),
                new Case("Embedding", () -> new Embedding(10, 4), true, List.of(new Shape(3, 2))),
                new Case("LayerNorm", () -> new LayerNorm(5), false, List.of(x)),
                new Case("Dropout", () -> new Dropout(0.5), false, List.of(x)),
                new Case(
                        "CausalAttention",
                        () -> FunctionBlock.of("CausalAttention", new CausalAttentionFunction()),
                        false,
                        List.of(x, x, x)),
                new Case(
                        "CausalSelfAttention",
                        () -> new CausalSelfAttention(6, 2),
                        false,
                        List.of(new Shape(3, 2, 6))),
                new Case("FlattenConsecutive", () -> new FlattenConsecutive(2), false, List.of(x)),
                new Case(
                        "Sequential",
                        () -> new Sequential(List.of(new LayerNorm(5), Activations.tanh())),
                        false,
                        List.of(x)),
                new Case(
                        "CheckpointBlock",
                        () -> new CheckpointBlock(Linear.builder().setUnits(8).build()),
                        false,
                        List.of(x)),
                new Case("Tanh", Activations::tanh, false, List.of(x)),
                new Case("ReLU", Activations::relu, false, List.of(x)),
                new Case("NewGELU", Activations::gelu, false, List.of(x)),
                new Case("BatchNorm", () -> BatchNorm.builder().build(), false, List.of(x)));
    }

    private NDList inputs(Case c) {
        NDList inputs = new NDList();
        for (Shape shape : c.inputs) {
            inputs.add(
                    c.integers
                            ? manager.arange(0, (int) shape.size(), 1, DataType.INT64)
                                    .mod(7)
                                    .reshape(shape)
                            : manager.randomNormal(shape));
        }
        return inputs;
    }

    private NDArray output(Block block, NDList inputs) {
        return block.forward(new ParameterStore(manager, false), inputs, false).get(0);
    }

    private Block initialized(Supplier<Block> make, Shape... inputs) {
        Block block = make.get();
        block.initialize(manager, DataType.FLOAT32, inputs);
        for (Parameter parameter : block.getParameters().values()) {
            // Not the values that a new one has; variances stay positive.
            NDArray values = parameter.getArray();
            values.addi(manager.randomUniform(0, 1, values.getShape()));
        }
        return block;
    }

    private void save(Block block, String name) throws IOException {
        try (Model model = Model.newInstance(name)) {
            model.setBlock(block);
            model.save(dir, name);
        }
    }

    @ParameterizedTest
    @MethodSource("blocks")
    void loadedBlockIsTheSameAndCanBeSavedAgain(Case c)
            throws IOException, MalformedModelException {
        NDList inputs = inputs(c);
        Block block = initialized(c.make, c.inputs.toArray(Shape[]::new));
        NDArray want = output(block, inputs);
        save(block, "0");
        for (int round = 0; round < 2; round++) {
            // A model closes its block's arrays, so the next is loaded while this one is open.
            try (Model model = Model.newInstance(Integer.toString(round))) {
                model.setBlock(c.make.get());
                model.load(dir);
                assertEquals(want, output(model.getBlock(), inputs));
                assertEquals(block.describeInput().keys(), model.getBlock().describeInput().keys());
                model.save(dir, Integer.toString(round + 1));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("blocks")
    void blocksOfOtherKindsAreRefused(Case c) throws IOException {
        byte[] bytes = saved(initialized(c.make, c.inputs.toArray(Shape[]::new)));
        String kind = ((CheckedBlock) c.make.get()).kind();
        for (Case other : blocks().toList()) {
            String own = ((CheckedBlock) other.make.get()).kind();
            if (!own.equals(kind)) {
                String refusal = refusal(other.make, bytes);
                assertTrue(
                        refusal.matches(
                                "the block to load is %s\\b.*, but the saved one is %s\\b.*|%s does not fit the saved %s\\b.*"
                                        .formatted(own, kind, own, kind)),
                        refusal);
            }
        }
    }

    private static byte[] saved(Block block) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        block.saveParameters(new DataOutputStream(bytes));
        return bytes.toByteArray();
    }

    private String refusal(Supplier<Block> make, byte[] bytes) {
        Block block = make.get();
        DataInputStream is = new DataInputStream(new ByteArrayInputStream(bytes));
        return String.valueOf(
                assertThrows(MalformedModelException.class, () -> block.loadParameters(manager, is))
                        .getMessage());
    }

    private static Supplier<Block> linear(int units) {
        return () -> Linear.builder().setUnits(units).build();
    }

    private static Supplier<Block> withoutBias(int units) {
        return () -> Linear.builder().setUnits(units).optBiases(null).build();
    }

    private static Supplier<Block> batchNorm(int correction) {
        return () -> BatchNorm.builder().optCorrection(correction).build();
    }

    private static Arguments of(
            String loaded, String saved, Supplier<Block> into, Supplier<Block> from) {
        return Arguments.of(loaded, saved, into, from);
    }

    static Stream<Arguments> unlike() {
        String eight = "Linear with weight (in, out), weight (10, 8)";
        String nine = "Linear with weight (in, out), weight (10, 9)";
        String norm = ", gamma (10), beta (10), running_mean (10), running_var (10)";
        return Stream.of(
                of(nine + ", bias (9)", eight + ", bias (8)", linear(9), linear(8)),
                of(eight, eight + ", bias (8)", withoutBias(8), linear(8)),
                of(eight + ", bias (8)", eight, linear(8), withoutBias(8)),
                of(
                        "Embedding with weight (12, 4)",
                        "Embedding with weight (10, 4)",
                        () -> new Embedding(12, 4),
                        () -> new Embedding(10, 4)),
                of(
                        "LayerNorm with eps 0.001, weight (10), bias (10)",
                        "LayerNorm with eps 1.0E-5, weight (10), bias (10)",
                        () -> new LayerNorm(10, 1e-3),
                        () -> new LayerNorm(10)),
                of(
                        "BatchNorm with eps 1.0E-5, correction 0" + norm,
                        "BatchNorm with eps 1.0E-5, correction 1" + norm,
                        batchNorm(0),
                        batchNorm(1)));
    }

    @ParameterizedTest(name = "{0} for {1}")
    @MethodSource("unlike")
    void otherShapesNumbersAndSettingsAreRefused(
            String loaded, String saved, Supplier<Block> into, Supplier<Block> from)
            throws IOException {
        Shape x = new Shape(2, 10);
        byte[] bytes = saved(initialized(from, x));
        String message = "the block to load is " + loaded + ", but the saved one is " + saved;
        assertEquals(message, refusal(into, bytes));
        assertEquals(message, refusal(() -> initialized(into, x), bytes));
    }

    @Test
    void inputOfAnotherNumberOfAxesIsRefused() throws IOException {
        byte[] bytes = saved(initialized(batchNorm(1), new Shape(2, 10)));
        assertEquals(
                "BatchNorm does not fit the saved BatchNorm with eps 1.0E-5, correction 1, gamma"
                        + " (10), beta (10), running_mean (10), running_var (10): BatchNorm takes input"
                        + " of shape (N, C) or (N, T, C), but got (1)",
                refusal(batchNorm(1), withInputShapeOfOneAxis(bytes)));
    }

    /** Version, count and (2, 10) become version, count and (1), with what follows in its place. */
    private static byte[] withInputShapeOfOneAxis(byte[] bytes) {
        int shape = 2;
        byte[] changed = new byte[bytes.length - Long.BYTES];
        System.arraycopy(bytes, 0, changed, 0, shape);
        changed[shape] = 1;
        changed[shape + Long.BYTES] = 1;
        int rest = shape + 1 + 2 * Long.BYTES;
        System.arraycopy(bytes, rest, changed, shape + 1 + Long.BYTES, bytes.length - rest);
        return changed;
    }

    @Test
    void valuesOfAnotherShapeThanAnnouncedAreRefused() throws IOException {
        Shape x = new Shape(2, 10);
        Block eight = initialized(withoutBias(8), x);
        Block nine = initialized(withoutBias(9), x);
        byte[] head = saved(nine);
        byte[] tail = saved(eight);
        // Both heads are as long: they differ in one number.
        ByteArrayOutputStream weight = new ByteArrayOutputStream();
        nine.getParameters().valueAt(0).save(new DataOutputStream(weight));
        int headLength = head.length - weight.size();
        byte[] crafted = tail.clone();
        System.arraycopy(head, 0, crafted, 0, headLength);
        assertEquals(
                "the block to load is Linear with weight (in, out), weight (10, 9), but the saved"
                        + " one is Linear with weight (in, out), weight (10, 8)",
                refusal(withoutBias(9), crafted));
    }

    @Test
    void blockWithoutValuesIsNotSaved() {
        assertFails(
                IllegalStateException.class,
                "Linear must have parameters to be saved, but has none; initialize it first",
                () -> saved(Linear.builder().setUnits(8).build()));
        assertEquals(
                "Linear reads version 3, but the file has 1", refusal(linear(8), new byte[] {1}));
    }
}
