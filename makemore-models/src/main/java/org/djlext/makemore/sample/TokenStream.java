/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.sample;

import ai.djl.ndarray.NDManager;
import java.util.NoSuchElementException;
import java.util.PrimitiveIterator;
import org.djlext.makemore.data.MakemoreException;

/**
 * The tokens of one name or text, each drawn when it is asked for, as the lectures draw: by {@code
 * torch.multinomial(probs, 1)}. A name ends by itself; a text when it has the length that was
 * wanted.
 */
public final class TokenStream implements PrimitiveIterator.OfInt, AutoCloseable {

    private final NDManager manager;
    private final Reader reader;
    private final int end;
    private final int stop;
    private final int[][] text;
    private int length;
    private boolean ended;
    private boolean ahead; // whether the token at length is drawn

    TokenStream(NDManager manager, Reader reader, int[] start, int end, int stop) {
        this.manager = manager;
        this.reader = reader;
        this.end = end;
        this.stop = stop;
        text = new int[][] {start};
        length = start.length;
    }

    /**
     * Tells whether there is another token; to know that it has to be drawn.
     *
     * @throws MakemoreException if the model computes NaN or infinite logits
     */
    @Override
    public boolean hasNext() {
        if (!ahead && !ended) {
            draw();
        }
        return ahead;
    }

    private void draw() {
        if (length >= end) {
            ended = true;
            return;
        }
        int token = reader.read(text, length).multinomial(0, manager);
        ended = token == stop;
        ahead = !ended;
        text[0] = Sampler.with(text[0], length, token);
    }

    /**
     * {@return the next token}
     *
     * @throws MakemoreException if the model computes NaN or infinite logits
     */
    @Override
    public int nextInt() {
        if (!hasNext()) {
            throw new NoSuchElementException("the text has ended; ask hasNext before each token");
        }
        ahead = false;
        return text[0][length++];
    }

    /** Frees what is kept of the text. */
    @Override
    public void close() {
        reader.close();
    }
}
