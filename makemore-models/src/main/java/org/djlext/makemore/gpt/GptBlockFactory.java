/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.Model;
import ai.djl.nn.Block;
import ai.djl.nn.BlockFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes the block of a {@link GptFolder} when DJL loads it. Arguments, all optional: {@code length}
 * (default 200), {@code temperature} (1), {@code topK} (0), {@code topP} (1), and {@code window},
 * SLIDE or JUMP.
 */
public final class GptBlockFactory implements BlockFactory {

    private static final long serialVersionUID = 1L;

    /** Creates the factory; DJL does so by its name. */
    public GptBlockFactory() {}

    @Override
    public Block newBlock(Model model, Path modelPath, Map<String, ?> arguments)
            throws IOException {
        GenerationSettings settings =
                new GenerationSettings(
                        Double.parseDouble(text(arguments, "temperature", "1")),
                        (int) Double.parseDouble(text(arguments, "topK", "0")),
                        Double.parseDouble(text(arguments, "topP", "1")),
                        GenerationSettings.Window.valueOf(text(arguments, "window", "SLIDE")),
                        true);
        return new GptWriter(
                new Gpt(GptFolder.config(modelPath)),
                (int) Double.parseDouble(text(arguments, "length", "200")),
                settings);
    }

    private static String text(Map<String, ?> arguments, String name, String otherwise) {
        @Nullable Object value = arguments.get(name);
        return value == null ? otherwise : value.toString();
    }
}
