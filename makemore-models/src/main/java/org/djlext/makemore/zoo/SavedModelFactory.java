/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.zoo;

import ai.djl.Model;
import ai.djl.inference.streaming.StreamingTranslator;
import ai.djl.nn.Block;
import ai.djl.nn.BlockFactory;
import ai.djl.repository.zoo.Criteria;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.Pair;
import java.io.IOException;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import org.djlext.files.OutputFile;
import org.djlext.makemore.sample.SamplerSettings;
import org.djlext.makemore.sample.SamplerSettings.Window;
import org.djlext.makemore.train.CheckpointException;
import org.djlext.makemore.train.SavedModel;
import org.jspecify.annotations.Nullable;

/**
 * Loads what a run has saved by DJL's {@code Criteria}, to complete names and texts:
 *
 * <pre>{@code
 * Criteria<String, String> criteria =
 *         SavedModelFactory.criteria(Path.of("runs/gpt")).optArgument("temperature", 0.8).build();
 * try (ZooModel<String, String> model = criteria.loadModel();
 *         Predictor<String, String> predictor = model.newPredictor()) {
 *     String text = predictor.predict("KEEPER:"); // a text that starts with KEEPER:
 * }
 * }</pre>
 *
 * <p>The folder of a run has a {@code serving.properties} that names this class, so DJL loads it by
 * {@code Criteria.builder().setTypes(String.class, String.class).optModelPath(folder)} and {@code
 * optTranslatorFactory(new SavedModelFactory())} too; DJL looks for the translator of Strings
 * before it reads that file.
 *
 * <p>Types are from String to String, or to {@code Iterator} of the characters for {@code
 * Predictor.streamingPredict}. Arguments, all optional, as in {@link SamplerSettings}: {@code
 * temperature}, {@code topK}, {@code topP}, {@code length}, and {@code window}, SLIDE or JUMP; and
 * {@code checkpoint}, the name of a file in the folder.
 */
public final class SavedModelFactory implements BlockFactory, TranslatorFactory {

    private static final long serialVersionUID = 1L;

    private static final String CHECKPOINT = "checkpoint";
    private static final String BLOCK_FACTORY = "blockFactory";
    private static final String HAS_PARAMETER = "hasParameter"; // a file of DJL's own
    private static final String[] FILES = {"best.safetensors", "last.safetensors"};

    /** Creates the factory; DJL does so by its name. */
    public SavedModelFactory() {}

    /**
     * Starts the criteria of a run.
     *
     * @param run the folder of a run, or a checkpoint
     * @return criteria from String to String, to which arguments can be added
     */
    public static Criteria.Builder<String, String> criteria(Path run) {
        SavedModelFactory factory = new SavedModelFactory();
        Path file = run.toAbsolutePath();
        boolean folder = Files.isDirectory(file);
        Criteria.Builder<String, String> criteria =
                Criteria.builder()
                        .setTypes(String.class, String.class)
                        .optModelPath(folder ? file : file.getParent())
                        .optEngine("PyTorch")
                        .optOption(HAS_PARAMETER, "false")
                        .optArgument(BLOCK_FACTORY, factory)
                        .optTranslatorFactory(factory);
        return folder
                ? criteria
                : criteria.optArgument(CHECKPOINT, String.valueOf(file.getFileName()));
    }

    /**
     * Writes the {@code serving.properties} of a run.
     *
     * @param folder the folder of the run
     * @throws IOException if it cannot be written
     */
    public static void describe(Path folder) throws IOException {
        String name = SavedModelFactory.class.getName();
        OutputFile.writeString(
                folder.resolve("serving.properties"),
                "engine=PyTorch\n"
                        + ("option." + HAS_PARAMETER + "=false\n")
                        + (BLOCK_FACTORY + "=" + name + "\n")
                        + ("translatorFactory=" + name + "\n"));
    }

    /**
     * Loads the model of a run.
     *
     * @throws IOException if there is none, or an argument is wrong
     */
    @Override
    public Block newBlock(Model model, Path folder, Map<String, ?> arguments) throws IOException {
        try {
            SavedModel saved = SavedModel.load(file(folder, arguments), model.getNDManager());
            return new SamplerBlock(saved, settings(arguments));
        } catch (CheckpointException | IllegalArgumentException e) {
            model.close(); // DJL does not
            throw new IOException(e.getMessage(), e);
        }
    }

    private static Path file(Path folder, Map<String, ?> arguments) throws IOException {
        String wanted = text(arguments, CHECKPOINT, "");
        if (!wanted.isEmpty()) {
            return folder.resolve(wanted);
        }
        for (String name : FILES) {
            if (Files.exists(folder.resolve(name))) {
                return folder.resolve(name);
            }
        }
        throw new IOException(
                ("the folder of a run has %s, but %s has neither; name another file by the argument"
                                + " %s")
                        .formatted(String.join(" or ", FILES), folder, CHECKPOINT));
    }

    private static SamplerSettings settings(Map<String, ?> arguments) {
        return SamplerSettings.PLAIN
                .temperature(number(arguments, "temperature", "1"))
                .topK(whole(arguments, "topK", "0"))
                .topP(number(arguments, "topP", "1"))
                .length(whole(arguments, "length", "500"))
                .window(window(text(arguments, "window", Window.SLIDE.name())));
    }

    private static double number(Map<String, ?> arguments, String name, String otherwise) {
        String text = text(arguments, name, otherwise);
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "the argument " + name + " must be a number, but is \"" + text + "\"");
        }
    }

    private static int whole(Map<String, ?> arguments, String name, String otherwise) {
        double number = number(arguments, name, otherwise);
        if (number != (int) number) { // 20 comes as 20.0 where DJL has read JSON
            throw new IllegalArgumentException(
                    "the argument " + name + " must be a whole number, but is " + number);
        }
        return (int) number;
    }

    private static Window window(String text) {
        try {
            return Window.valueOf(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "the argument window must be SLIDE or JUMP, but is \"" + text + "\"");
        }
    }

    // DJL brings numbers as they were given, or as text.
    private static String text(Map<String, ?> arguments, String name, String otherwise) {
        @Nullable Object value = arguments.get(name);
        return value == null ? otherwise : value.toString();
    }

    @Override
    public Set<Pair<Type, Type>> getSupportedTypes() {
        return Set.of(
                new Pair<>(String.class, String.class), new Pair<>(String.class, Iterator.class));
    }

    @Override
    @SuppressWarnings("unchecked") // the types are those that isSupported has allowed
    public <I, O> Translator<I, O> newInstance(
            Class<I> input, Class<O> output, Model model, Map<String, ?> arguments)
            throws TranslateException {
        return (Translator<I, O>)
                (output == Iterator.class ? streamTranslator(model) : translator(model));
    }

    /**
     * Makes the translator for {@code Predictor.streamingPredict} of a model that was loaded.
     *
     * @param model the model
     * @return from a prefix to the characters that follow it
     * @throws TranslateException if another factory has loaded the model
     */
    public static StreamingTranslator<String, Iterator<String>> streamTranslator(Model model)
            throws TranslateException {
        return new StreamTranslator(translator(model));
    }

    private static CompletionTranslator translator(Model model) throws TranslateException {
        Block loaded = model.getBlock();
        if (loaded instanceof SamplerBlock block) {
            return new CompletionTranslator(block.sampler(model.getNDManager()));
        }
        throw new TranslateException(
                "the translator is for models that a SavedModelFactory has loaded");
    }
}
