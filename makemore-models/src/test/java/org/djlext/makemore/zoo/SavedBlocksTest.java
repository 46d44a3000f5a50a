/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.zoo;

import static org.djlext.testing.Failures.message;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.Pair;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.gpt.Gpt;
import org.djlext.makemore.gpt.GptStage;
import org.djlext.makemore.model.BigramNet;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.model.GptConfig.Structure;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.sample.SamplerSettings;
import org.djlext.makemore.train.SavedModel;
import org.djlext.testing.ArrayTest;
import org.djlext.torch.RandomState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every Block is loaded into one like it, can be saved again, and is refused by others. */
class SavedBlocksTest extends ArrayTest {

    private static final int V = 27;

    private final Path dir;

    SavedBlocksTest(@TempDir Path dir) {
        this.dir = dir;
    }

    /** A Block, and the shape of its input, which is of integers. */
    record Case(String name, Supplier<Block> make, Shape input) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> blocks() {
        Shape text = new Shape(2, 8);
        Stream<Case> models =
                Stream.of(ModelType.values())
                        .map(
                                type -> {
                                    ModelConfig config = type.defaults(V, 7);
                                    return new Case(
                                            type.toString(),
                                            () -> config.model(),
                                            new Shape(2, config.blockSize()));
                                });
        Stream<Case> gpts =
                Stream.of(GptStage.values())
                        .filter(stage -> stage != GptStage.G8) // G7, but larger
                        .map(
                                stage ->
                                        new Case(
                                                "gpt " + stage,
                                                () -> new Gpt(stage.config(V)),
                                                text));
        return Stream.concat(
                Stream.concat(models, gpts),
                Stream.of(
                        new Case("SamplerBlock", SavedBlocksTest::completion, text),
                        new Case(
                                "BigramNet",
                                () -> new BigramNet(V, BigramNet.Rows.LOOK_UP),
                                text)));
    }

    private static Block completion() {
        ModelConfig config = ModelType.TRANSFORMER.defaults(V, 7);
        return new SamplerBlock(
                new SavedModel(config.model(), CharVocabulary.LETTERS, null),
                SamplerSettings.PLAIN);
    }

    private Block initialized(Block block, Shape input) {
        block.initialize(manager, DataType.FLOAT32, input);
        for (Parameter parameter : block.getParameters().values()) {
            // Not the values that a new one has; variances stay positive.
            NDArray values = parameter.getArray();
            values.addi(manager.randomUniform(0, 1, values.getShape()));
        }
        return block;
    }

    private NDArray output(Block block, NDArray x) {
        RandomState.seed(3); // writers draw
        return block.forward(new ParameterStore(manager, false), new NDList(x), false)
                .singletonOrThrow();
    }

    @ParameterizedTest
    @MethodSource("blocks")
    void loadedBlockIsTheSameAndCanBeSavedAgain(Case c)
            throws IOException, MalformedModelException {
        NDArray x =
                manager.arange(0, (int) c.input.size(), 1, DataType.INT64)
                        .mul(5)
                        .mod(V)
                        .reshape(c.input);
        NDArray want;
        try (Model model = Model.newInstance("0")) {
            model.setBlock(initialized(c.make.get(), c.input));
            want = output(model.getBlock(), x);
            model.save(dir, "0");
        }
        for (int round = 0; round < 2; round++) {
            try (Model model = Model.newInstance(Integer.toString(round))) {
                model.setBlock(c.make.get());
                model.load(dir);
                assertEquals(want, output(model.getBlock(), x));
                model.save(dir, Integer.toString(round + 1));
            }
        }
    }

    /** No class of this module that is a Block is missing above. */
    @Test
    void allBlocksAreTested() throws IOException {
        Set<String> tested = new TreeSet<>();
        blocks().forEach(c -> collect(c.make.get(), tested));
        tested.removeIf(name -> !name.startsWith("org.djlext.makemore."));
        Set<String> all = blockClasses();
        // Its arrays are those of its owner, and loaded by nobody.
        all.remove("org.djlext.makemore.ninja.NinjaNetwork");
        assertEquals(all, tested);
    }

    private static void collect(Block block, Set<String> names) {
        names.add(block.getClass().getName());
        for (Pair<String, Block> child : block.getChildren()) {
            collect(child.getValue(), names);
        }
    }

    private static Set<String> blockClasses() throws IOException {
        Path classes =
                Path.of(Gpt.class.getProtectionDomain().getCodeSource().getLocation().getPath());
        try (Stream<Path> files = Files.walk(classes)) {
            return files.filter(file -> file.toString().endsWith(".class"))
                    .filter(file -> !file.getFileName().toString().contains("-info"))
                    .map(file -> classes.relativize(file).toString())
                    .map(file -> file.substring(0, file.length() - ".class".length()))
                    .map(file -> file.replace(file.contains("/") ? '/' : '\\', '.'))
                    .filter(SavedBlocksTest::isBlock)
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static boolean isBlock(String name) {
        try {
            Class<?> type = Class.forName(name, false, Gpt.class.getClassLoader());
            return Block.class.isAssignableFrom(type) && !Modifier.isAbstract(type.getModifiers());
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    private String refusal(Block from, Block into, Shape input) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        initialized(from, input).saveParameters(new DataOutputStream(bytes));
        DataInputStream is = new DataInputStream(new ByteArrayInputStream(bytes.toByteArray()));
        return message(MalformedModelException.class, () -> into.loadParameters(manager, is));
    }

    @Test
    void otherSizesPartsAndSettingsAreRefused() throws IOException {
        Shape x = new Shape(2, 8);
        ModelConfig two = ModelType.TRANSFORMER.defaults(V, 7).with(Map.of("heads", 2));
        assertEquals(
                "the block to load is CausalSelfAttention with heads 4, blocks inside: 2, but the"
                        + " saved one is CausalSelfAttention with heads 2, blocks inside: 2",
                refusal(two.model(), two.with(Map.of("heads", 4)).model(), x));
        assertEquals(
                "the block to load is Embedding with weight (30, 64), but the saved one is"
                        + " Embedding with weight (27, 64)",
                refusal(two.model(), ModelType.TRANSFORMER.defaults(30, 7).model(), x));
        assertEquals(
                "the block to load is Sequential with blocks inside: 4, but the saved one is"
                        + " Sequential with blocks inside: 5",
                refusal(
                        two.with(Map.of("layers", 5)).model(),
                        two.with(Map.of("layers", 4)).model(),
                        x));
        assertEquals(
                "the block to load is Gru with start (1, 64), blocks inside: 3, but the saved one"
                        + " is Rnn with start (1, 64), blocks inside: 3",
                refusal(
                        ModelType.RNN.defaults(V, 7).model(),
                        ModelType.GRU.defaults(V, 7).model(),
                        x));
        GptConfig plain = GptStage.G5.config(V);
        GptConfig residual =
                new GptConfig(
                        Structure.RESIDUAL,
                        V,
                        plain.blockSize(),
                        32,
                        4,
                        plain.layers(),
                        0,
                        false,
                        false);
        assertEquals(
                "the block to load is GptBlock with residual true, blocks inside: 2, but the"
                        + " saved one is GptBlock with residual false, blocks inside: 2",
                refusal(new Gpt(plain), new Gpt(residual), x));
    }
}
