/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDList;
import ai.djl.translate.NoBatchifyTranslator;
import ai.djl.translate.TranslatorContext;

/** From a prompt to the text that follows it, all at once, for a {@link GptWriter}. */
public final class PromptTranslator implements NoBatchifyTranslator<String, String> {

    private final CharTokenizer tokenizer;

    /**
     * Makes the translator.
     *
     * @param tokenizer the vocabulary of the model
     */
    public PromptTranslator(CharTokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    @Override
    public NDList processInput(TranslatorContext ctx, String prompt) {
        return new NDList(ctx.getNDManager().create(tokenizer.encode(prompt)));
    }

    @Override
    public String processOutput(TranslatorContext ctx, NDList tokens) {
        return tokenizer.decode(tokens.singletonOrThrow().toLongArray());
    }
}
