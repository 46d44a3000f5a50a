/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.zoo;

import ai.djl.Model;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.Pair;
import java.lang.reflect.Type;
import java.util.Map;
import java.util.Set;
import org.djlext.makemore.sample.Sampler;
import org.djlext.makemore.train.SavedModel;

/** Makes translators from a prefix to a name. */
final class NameTranslatorFactory implements TranslatorFactory {

    private final SavedModel saved;

    NameTranslatorFactory(SavedModel saved) {
        this.saved = saved;
    }

    @Override
    public Set<Pair<Type, Type>> getSupportedTypes() {
        return Set.of(new Pair<>(String.class, String.class));
    }

    @Override
    @SuppressWarnings("unchecked") // the types are those that isSupported has allowed
    public <I, O> Translator<I, O> newInstance(
            Class<I> input, Class<O> output, Model model, Map<String, ?> arguments) {
        Sampler sampler = new Sampler(model.getNDManager(), saved.model(), saved.vocabulary());
        return (Translator<I, O>) new NameTranslator(sampler);
    }
}
