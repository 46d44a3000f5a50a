/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture7;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.ParameterStore;
import java.util.Arrays;
import org.djlext.autograd.Autograd;
import org.djlext.examples.lecture.Output;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Corpus.Part;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.TextCorpus;
import org.djlext.makemore.data.Texts;
import org.djlext.makemore.gpt.Gpt;
import org.djlext.makemore.gpt.GptStage;
import org.djlext.torch.RandomState;

/**
 * The first quarter of the lecture: a text, its characters as numbers, what examples are in a piece
 * of it, a batch, and a table of bigrams before it has learned anything.
 *
 * <pre>{@code java -cp "examples/target/makemore.jar:examples/target/lib/*" \
 *     org.djlext.examples.lecture7.TextBasics}</pre>
 */
public final class TextBasics {

    private static final int SEED = 1337;
    private static final int BLOCK = 8;
    private static final int BATCH = 4;
    private static final int SHOWN = 300;

    private TextBasics() {}

    /**
     * Prints the example on a text.
     *
     * @param args a file of text, or nothing for the one that comes with the project
     */
    public static void main(String... args) {
        run(args.length == 0 ? Texts.embedded() : Texts.read(args[0]), Output.console());
    }

    static void run(String text, Output out) {
        CharVocabulary tokenizer = CharVocabulary.ofText(text);
        // A character may take two chars of a Java string, which must not be torn apart.
        int count = text.codePointCount(0, text.length());
        String start = text.substring(0, text.offsetByCodePoints(0, Math.min(SHOWN, count)));
        out.line("%,d characters; the first of them:%n%s%n", count, start);
        out.line("%d different ones: %s", tokenizer.size(), tokenizer);
        int[] encoded = tokenizer.encode(start);
        out.line("as numbers: %s ...", Arrays.toString(Arrays.copyOf(encoded, 2 * BLOCK)));
        out.line("and back: %s", tokenizer.decode(encoded).equals(start));

        try (NDManager manager = NDManager.newBaseManager("PyTorch");
                Autograd.Scope unrecorded = Autograd.noGrad()) {
            Examples data = TextCorpus.of(text).examples(Part.TRAIN, true, BLOCK);
            long[] block = Arrays.stream(encoded).limit(BLOCK + 1).asLongStream().toArray();
            out.line("%n%d characters hold %d examples:", BLOCK + 1, BLOCK);
            examples(block, Arrays.copyOfRange(block, 1, BLOCK + 1), out);
            RandomState.seed(SEED);
            Examples.Batch batch = data.draw(manager, BATCH);
            out.line("%na batch of %d holds %d:", BATCH, BATCH * BLOCK);
            for (int b = 0; b < BATCH; b++) {
                examples(batch.x().get(b).toLongArray(), batch.y().get(b).toLongArray(), out);
            }

            Engine.getEngine("PyTorch").setRandomSeed(SEED);
            Gpt table = new Gpt(GptStage.G0.config(tokenizer.size()));
            table.initialize(manager, DataType.FLOAT32);
            NDArray logits = table.call(new ParameterStore(manager, false), batch.x(), false);
            out.line(
                    "%na table of bigrams: logits %s, loss %.4f; guessing would have %.4f",
                    logits.getShape(),
                    table.loss(logits, batch.y()).getFloat(),
                    Math.log(tokenizer.size()));
        }
    }

    private static void examples(long[] x, long[] y, Output out) {
        for (int t = 0; t < BLOCK; t++) {
            out.line(
                    "when the input is %s the target is %d",
                    Arrays.toString(Arrays.copyOf(x, t + 1)), y[t]);
        }
    }
}
