/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.Model;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.Pair;
import java.io.IOException;
import java.lang.reflect.Type;
import java.util.Set;

/** Makes the translator of a {@link GptFolder} when DJL loads it: from String to String. */
public final class GptTranslatorFactory implements TranslatorFactory {

    private static final long serialVersionUID = 1L;

    /** Creates the factory. */
    public GptTranslatorFactory() {}

    @Override
    public Set<Pair<Type, Type>> getSupportedTypes() {
        return Set.of(new Pair<>(String.class, String.class));
    }

    @Override
    @SuppressWarnings("unchecked") // both types are String, or isSupported has said no
    public <I, O> Translator<I, O> newInstance(
            Class<I> input, Class<O> output, Model model, java.util.Map<String, ?> arguments)
            throws TranslateException {
        try {
            return (Translator<I, O>)
                    new PromptTranslator(GptFolder.vocabulary(model.getModelPath()));
        } catch (IOException e) {
            throw new TranslateException("the vocabulary cannot be read", e);
        }
    }
}
