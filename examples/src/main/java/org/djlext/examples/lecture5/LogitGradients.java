/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture5;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.awt.image.BufferedImage;
import java.util.Objects;
import org.djlext.autograd.Autograd;
import org.djlext.examples.lecture.Lab;
import org.djlext.examples.plot.ColorMap;
import org.djlext.examples.plot.MatrixPicture;
import org.djlext.makemore.data.Contexts;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.ninja.ChunkedBackward;
import org.djlext.makemore.ninja.ChunkedForward;
import org.djlext.makemore.ninja.NinjaParameters;

/**
 * The gradient of the logits in makemore 4 as a picture: in each row the probabilities, which push
 * down, and a dark place at the label, which is pulled up with the same force. Beside it, where the
 * largest logit of each row is.
 */
public final class LogitGradients extends Lab {

    private static final int HIDDEN = 64;

    /** Creates the experiment. */
    public LogitGradients() {}

    @Override
    protected void run() {
        int characters = vocabSize();
        Examples contexts =
                Contexts.of(
                        corpus.split().train(), NinjaParameters.BLOCK_SIZE, corpus.vocabulary());
        try (NDManager manager = this.manager.newSubManager();
                Autograd.Scope unrecorded = Autograd.noGrad()) {
            TorchGenerator generator = new TorchGenerator(seed(SEED));
            NinjaParameters p = NinjaParameters.draw(manager, generator, characters, HIDDEN);
            long[] rows = generator.randint(manager, contexts.size(), BATCH_SIZE);
            Examples.Batch batch = contexts.gather(manager, rows);
            NDArray yb = batch.y();
            NDArray xb = batch.x();
            ChunkedForward f = ChunkedForward.run(p, xb, yb);
            NDArray dlogits = // (32, 27)
                    Objects.requireNonNull(ChunkedBackward.run(f, p, xb, yb).get("logits"));
            NDArray where = f.logits().argMax(1).oneHot(characters, DataType.FLOAT32);
            out.image("argmax", picture(where, "one_hot(argmax(logits))"));
            out.image("dlogits", picture(dlogits, "gradient of the logits (nats per logit)"));
            out.line("probabilities of row 0  %s", row(" %.3f", f.probs().get(0)));
            NDArray scaled = dlogits.get(0).mul(BATCH_SIZE);
            out.line("dlogits[0] * batch size %s", row(" %.3f", scaled));
            out.line(
                    "label of row 0: %d; gradients of a row sum up to %.1e at most",
                    yb.getLong(0), dlogits.sum(new int[] {1}).abs().max().getFloat());
        }
    }

    private static BufferedImage picture(NDArray ofLogits, String title) {
        return MatrixPicture.of(ofLogits)
                .optColors(ColorMap.GRAY)
                .optCellSize(14)
                .optTitle(title)
                .optAxisNames("example of the batch", "next character, by its index")
                .draw();
    }
}
