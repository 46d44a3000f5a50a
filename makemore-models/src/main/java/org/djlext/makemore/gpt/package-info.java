/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * The GPT of lecture 7, from its first bigram table to the scaled-up model: data, model, training,
 * generation and files.
 *
 * <p>Shapes: B sequences of T characters, C features ({@code n_embd}), H heads of size hs = C / H,
 * V characters in the vocabulary. All linear layers keep their weights as PyTorch's, (out, in).
 */
@NullMarked
package org.djlext.makemore.gpt;

import org.jspecify.annotations.NullMarked;
