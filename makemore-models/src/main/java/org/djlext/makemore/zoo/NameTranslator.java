/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.zoo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import java.util.Arrays;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.sample.Sampler;

/** Turns a prefix into numbers, and the numbers of a name into text. */
final class NameTranslator implements Translator<String, String> {

    private final Sampler sampler;

    NameTranslator(Sampler sampler) {
        this.sampler = sampler;
    }

    /**
     * Encodes a prefix.
     *
     * @throws DataFileException if it has other characters than the vocabulary, or is too long
     */
    @Override
    public NDList processInput(TranslatorContext context, String prefix) {
        int[] numbers = sampler.encode(prefix);
        long[] padded = new long[sampler.longest()];
        Arrays.fill(padded, NameCompletion.NOTHING);
        for (int i = 0; i < numbers.length; i++) {
            padded[i] = numbers[i];
        }
        return new NDList(context.getNDManager().create(padded));
    }

    @Override
    public String processOutput(TranslatorContext context, NDList list) {
        NDArray name = list.singletonOrThrow();
        return sampler.text(
                Arrays.stream(name.toLongArray())
                        .takeWhile(number -> number != 0)
                        .mapToInt(Math::toIntExact)
                        .toArray());
    }
}
