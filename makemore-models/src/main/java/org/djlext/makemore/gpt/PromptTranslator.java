/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDList;
import ai.djl.translate.NoBatchifyTranslator;
import ai.djl.translate.TranslatorContext;
import java.util.Arrays;
import org.djlext.makemore.data.Vocabulary;

/** From a prompt to the text that follows it, all at once, for a {@link GptWriter}. */
public final class PromptTranslator implements NoBatchifyTranslator<String, String> {

    private final Vocabulary vocabulary;

    /**
     * Makes the translator.
     *
     * @param vocabulary the vocabulary of the model
     */
    public PromptTranslator(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
    }

    @Override
    public NDList processInput(TranslatorContext ctx, String prompt) {
        return new NDList(
                ctx.getNDManager()
                        .create(Arrays.stream(vocabulary.encode(prompt)).asLongStream().toArray()));
    }

    @Override
    public String processOutput(TranslatorContext ctx, NDList tokens) {
        return vocabulary.decode(
                Arrays.stream(tokens.singletonOrThrow().toLongArray())
                        .mapToInt(Math::toIntExact)
                        .toArray());
    }
}
