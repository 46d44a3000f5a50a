/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.sample;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import java.util.Objects;
import org.djlext.autograd.Autograd;
import org.djlext.compile.CompileException;
import org.djlext.compile.CompiledForward;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.nn.Cache;
import org.jspecify.annotations.Nullable;

/**
 * Lets a model read texts that grow. It reads what is new of them alone, and all of the last
 * blockSize tokens when they have outgrown the block size, or where the settings want no cache.
 */
final class Reader implements AutoCloseable {

    private static final NDIndex LAST = new NDIndex(":, -1");

    private final NDManager manager;
    private final LanguageModel model;
    private final SamplerSettings settings;
    private final ParameterStore store;
    private final Cache cache;
    private @Nullable CompiledForward compiled;
    private Shape last = new Shape();
    private int start; // of the window, in the texts

    /**
     * Begins.
     *
     * @param compiled the model's forward, for texts of so many tokens that it pays to compile what
     *     is done for each; or null
     */
    Reader(
            NDManager manager,
            LanguageModel model,
            SamplerSettings settings,
            @Nullable CompiledForward compiled) {
        this.manager = manager;
        this.model = model;
        this.settings = settings;
        store = new ParameterStore(manager, false);
        cache =
                compiled == null
                        ? new Cache(manager)
                        : new Cache(manager, model.config().blockSize());
        this.compiled = compiled;
    }

    /**
     * Reads on; nothing is recorded, and what is computed is freed at the end.
     *
     * @param texts all tokens of each text so far
     * @param length how many tokens each has; there may be room for more
     * @param parents the place of the text that each continues, of those that were read before;
     *     none if they are the same
     * @return the probabilities of what follows
     */
    Distribution read(int[][] texts, int length, long... parents) {
        try (Autograd.Scope unrecorded = Autograd.noGrad();
                // The engine's kernels, which need nothing for a backward.
                Autograd.Scope kernels = Autograd.engineGradients();
                NDManager sub = manager.newSubManager();
                NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            if (parents.length > 0 && cache.length() > 0) {
                cache.select(sub.create(parents));
            }
            moveWindow(length);
            if (!settings.cache) {
                cache.clear();
            }
            int from = start + cache.length();
            long[] tokens = new long[texts.length * (length - from)];
            int to = 0;
            for (int[] text : texts) {
                for (int i = from; i < length; i++) {
                    tokens[to++] = text[i];
                }
            }
            NDArray x = sub.create(tokens, new Shape(texts.length, length - from));
            NDArray logits = logits(x);
            return new Distribution(model.everyPosition() ? logits.get(LAST) : logits, settings);
        }
    }

    // What is read again and again is worth a script: one more token, or the next whole window.
    private NDArray logits(NDArray x) {
        Shape shape = x.getShape();
        boolean again = shape.equals(last);
        last = shape;
        try {
            if (compiled != null && again && cache.length() == 0) {
                return compiled.call(new NDList(x)).singletonOrThrow();
            }
            if (compiled != null && again && cache.hasRoom(shape.get(1))) {
                return cache.call(x, this::next);
            }
        } catch (CompileException e) {
            compiled = null; // it has a layer that does not compile
        }
        return model.call(store, x, cache);
    }

    private NDList next(NDList inputs) {
        return Objects.requireNonNull(compiled)
                .call(inputs, (values, all) -> cache.step(model, values, all));
    }

    // What is kept of a token depends on its place in the window, where places have vectors.
    private void moveWindow(int length) {
        int room = model.everyPosition() ? model.config().blockSize() : length;
        if (length - start <= room) {
            return;
        }
        boolean jump = settings.window == SamplerSettings.Window.JUMP && cache.length() > 0;
        start = length - (jump ? room / 2 + 1 : room);
        cache.clear();
    }

    @Override
    public void close() {
        cache.close();
    }
}
