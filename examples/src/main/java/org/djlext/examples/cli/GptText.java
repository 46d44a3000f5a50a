/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.ndarray.NDManager;
import java.io.PrintWriter;
import java.util.Arrays;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.gpt.GenerationSettings;
import org.djlext.makemore.gpt.Gpt;
import org.djlext.makemore.gpt.TextGenerator;
import org.djlext.makemore.train.SavedModel;

/** Lets a GPT write to the terminal. */
final class GptText {

    private GptText() {}

    /**
     * Prints a prompt and how it goes on, each character as soon as it is drawn.
     *
     * @param manager a manager of the model's device
     * @param saved the model and its vocabulary
     * @param prompt what to go on from; empty for a line end, or character 0 if there is none
     * @param length how many characters to draw
     * @param settings how they are drawn
     * @param out where to print
     * @return the text without the prompt
     */
    static String print(
            NDManager manager,
            SavedModel saved,
            String prompt,
            int length,
            GenerationSettings settings,
            PrintWriter out) {
        out.print(prompt);
        out.flush();
        StringBuilder text = new StringBuilder(length);
        CharVocabulary tokenizer = saved.vocabulary();
        try (TextGenerator generator =
                new TextGenerator(manager, gpt(saved), start(tokenizer, prompt), settings)) {
            for (int i = 0; i < length; i++) {
                String character = tokenizer.decode((int) generator.nextLong());
                text.append(character);
                out.print(character);
                out.flush();
            }
        }
        out.println();
        return text.toString();
    }

    private static Gpt gpt(SavedModel saved) {
        if (saved.model() instanceof Gpt gpt) {
            return gpt;
        }
        throw new DataFileException("the model must be a GPT, but is " + saved.model());
    }

    private static long[] start(CharVocabulary tokenizer, String prompt) {
        if (prompt.isEmpty()) {
            return new long[] {Math.max(0, tokenizer.characters().indexOf('\n'))};
        }
        try {
            return Arrays.stream(tokenizer.encode(prompt)).asLongStream().toArray();
        } catch (IllegalArgumentException e) {
            throw new DataFileException("the prompt cannot be used: " + e.getMessage());
        }
    }
}
