/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.training.ParameterStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.MakemoreException;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.train.SavedModel;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;

/**
 * The log-likelihood of each of many names: what {@code Evaluation} averages over a corpus.
 *
 * <p>The engine's products of matrices may round a row in another way when there are more or fewer
 * of them. So it always gets the same number of rows, the last ones filled up with empty names, and
 * the result for a name does not depend on those that it comes with.
 */
final class NameScorer {

    // How many numbers of a batch are read at once: few enough for what a model makes of them to
    // stay in the fast caches.
    private static final int CHARACTERS = 1 << 13;
    private static final int MAX_EXAMPLES = 1 << 10;

    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    """
                    def nll(logits, y, ignored: int):
                        return torch.cross_entropy_loss(
                            logits.reshape(-1, logits.size(-1)), y.reshape(-1), None, 0, ignored, 0.0)
                    """);
    private static final ScriptFunction NLL = SCRIPT.function("nll");

    private final LanguageModel model;
    private final CharVocabulary vocabulary;
    private final String characters;
    private final int examples; // in a batch

    NameScorer(SavedModel saved) {
        model = saved.model();
        if (!(saved.vocabulary() instanceof CharVocabulary letters) || !letters.hasSeparator()) {
            throw new DataFileException(
                    "names are scored with a model of names, but this "
                            + model.config().type()
                            + " was trained on a text, which does not end");
        }
        vocabulary = letters;
        characters = letters.characters();
        examples = Math.max(1, Math.min(MAX_EXAMPLES, CHARACTERS / model.config().blockSize()));
    }

    /**
     * Returns the log-likelihood of each name, its end included, in nats.
     *
     * @param names the names
     * @return a number for each; NaN for a name that the model cannot read, as it has a character
     *     that the vocabulary lacks or is longer than what the model sees
     * @throws MakemoreException if the model computes NaN or infinite logits
     */
    double[] score(List<String> names) {
        List<String> readable = new ArrayList<>(names.size() + examples);
        int count = 0;
        for (String name : names) {
            if (isReadable(name)) {
                readable.add(name);
                count += model.everyPosition() ? 1 : length(name) + 1;
            }
        }
        // An empty name is one example for any model.
        readable.addAll(Collections.nCopies(Math.floorMod(-count, examples), ""));
        float[] nll = nll(readable);
        double[] scores = new double[names.size()];
        int from = 0;
        for (int i = 0; i < scores.length; i++) {
            String name = names.get(i);
            if (isReadable(name)) {
                int end = from + length(name) + 1;
                for (int j = from; j < end; j++) {
                    scores[i] -= nll[j];
                }
                if (!Double.isFinite(scores[i])) {
                    throw new MakemoreException(
                            "the model gives \"" + name + "\" the log-likelihood " + scores[i]);
                }
                from = model.everyPosition() ? from + model.config().blockSize() : end;
            } else {
                scores[i] = Double.NaN;
            }
        }
        return scores;
    }

    private boolean isReadable(String name) {
        // Number 0 ends names, and so is in none.
        return name.codePoints().allMatch(character -> characters.indexOf(character) > 0)
                && (!model.everyPosition() || length(name) < model.config().blockSize());
    }

    private static int length(String name) {
        return name.codePointCount(0, name.length());
    }

    /** Returns the loss of each position of each example, a multiple of a batch. */
    private float[] nll(List<String> names) {
        float[] all = new float[0];
        int at = 0;
        Examples data = model.examples(names, vocabulary);
        for (int from = 0; from < data.size(); from += examples) {
            try (Autograd.Scope unrecorded = Autograd.noGrad();
                    NDManager manager = NDManager.newBaseManager();
                    NDScope scope = new NDScope()) {
                scope.suppressNotUsedWarning();
                Examples.Batch batch = data.slice(manager, from, from + examples);
                ParameterStore store = new ParameterStore(manager, false);
                NDArray logits = model.call(store, batch.x(), false);
                float[] nll =
                        NLL.callForArray(logits, batch.y(), LanguageModel.IGNORED).toFloatArray();
                if (from == 0) {
                    all = new float[nll.length * (data.size() / examples)];
                }
                System.arraycopy(nll, 0, all, at, nll.length);
                at += nll.length;
            }
        }
        return at == all.length ? all : Arrays.copyOf(all, at);
    }
}
