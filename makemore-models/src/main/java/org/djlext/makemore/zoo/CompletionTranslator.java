/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.zoo;

import ai.djl.ndarray.NDList;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import java.util.List;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.sample.Sampler;

/** From a prefix to a name or text that starts with it, many at a time. */
final class CompletionTranslator implements Translator<String, String> {

    private final Sampler sampler;

    CompletionTranslator(Sampler sampler) {
        this.sampler = sampler;
    }

    /**
     * Encodes a prefix.
     *
     * @throws DataFileException if it has other characters than the vocabulary, or is too long
     */
    @Override
    public NDList processInput(TranslatorContext context, String prefix) {
        return new NDList(batchProcessInput(context, List.of(prefix)).get(0).squeeze(0));
    }

    @Override
    public NDList batchProcessInput(TranslatorContext context, List<String> prefixes) {
        List<int[]> encoded = prefixes.stream().map(sampler::encode).toList();
        return new NDList(SamplerBlock.padded(context.getNDManager(), encoded));
    }

    @Override
    public String processOutput(TranslatorContext context, NDList text) {
        return sampler.decode(SamplerBlock.row(text.singletonOrThrow()));
    }
}
