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
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.djlext.autograd.Autograd;
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
     * What was computed.
     *
     * @param vocabulary the number of characters
     * @param decoded the start of the text, encoded and decoded
     * @param firstBlock the numbers of the first nine characters
     * @param examples the lines on the examples of the batch
     * @param loss the loss of the untrained table
     * @param chance the loss of guessing
     */
    public record Result(
            int vocabulary,
            String decoded,
            List<Long> firstBlock,
            List<String> examples,
            double loss,
            double chance) {}

    /**
     * Prints the example on a text.
     *
     * @param args a file of text, or nothing for the one that comes with the project
     */
    public static void main(String... args) {
        run(args.length == 0 ? Texts.embedded() : Texts.read(args[0]), System.out);
    }

    /**
     * Runs the example.
     *
     * @param text the text
     * @param out where to print
     * @return what was computed
     */
    public static Result run(String text, PrintStream out) {
        CharVocabulary tokenizer = CharVocabulary.ofText(text);
        // A character may take two chars of a Java string, which must not be torn apart.
        int count = text.codePointCount(0, text.length());
        String start = text.substring(0, text.offsetByCodePoints(0, Math.min(SHOWN, count)));
        out.printf(Locale.ROOT, "%,d characters; the first of them:%n%s%n%n", count, start);
        out.printf("%d different ones: %s%n", tokenizer.size(), tokenizer);
        int[] encoded = tokenizer.encode(start);
        String decoded = tokenizer.decode(encoded);
        out.println("as numbers: " + Arrays.toString(Arrays.copyOf(encoded, 2 * BLOCK)) + " ...");
        out.println("and back: " + decoded.equals(start));

        try (NDManager manager = NDManager.newBaseManager("PyTorch");
                Autograd.Scope unrecorded = Autograd.noGrad()) {
            Examples data = TextCorpus.of(text).examples(Part.TRAIN, true, BLOCK);
            int[] block = Arrays.copyOf(encoded, BLOCK + 1);
            out.printf("%n%d characters hold %d examples:%n", BLOCK + 1, BLOCK);
            for (int t = 0; t < BLOCK; t++) {
                out.printf(
                        "when the input is %s the target is %d%n",
                        Arrays.toString(Arrays.copyOf(block, t + 1)), block[t + 1]);
            }
            RandomState.seed(SEED);
            Examples.Batch batch = data.draw(manager, BATCH);
            List<String> examples = examples(batch);
            out.printf("%na batch of %d holds %d:%n", BATCH, examples.size());
            examples.forEach(out::println);

            Engine.getEngine("PyTorch").setRandomSeed(SEED);
            Gpt table = new Gpt(GptStage.G0.config(tokenizer.size()));
            table.initialize(manager, DataType.FLOAT32);
            NDArray logits = table.call(new ParameterStore(manager, false), batch.x(), false);
            double loss = table.loss(logits, batch.y()).getFloat();
            double chance = Math.log(tokenizer.size());
            out.printf(
                    Locale.ROOT,
                    "%na table of bigrams: logits %s, loss %.4f; guessing would have %.4f%n",
                    logits.getShape(),
                    loss,
                    chance);
            return new Result(
                    tokenizer.size(),
                    decoded,
                    Arrays.stream(block).asLongStream().boxed().toList(),
                    examples,
                    loss,
                    chance);
        }
    }

    private static List<String> examples(Examples.Batch batch) {
        List<String> lines = new ArrayList<>();
        for (int b = 0; b < BATCH; b++) {
            long[] x = batch.x().get(b).toLongArray();
            long[] y = batch.y().get(b).toLongArray();
            for (int t = 0; t < BLOCK; t++) {
                lines.add(
                        "when the input is "
                                + Arrays.toString(Arrays.copyOf(x, t + 1))
                                + " the target is "
                                + y[t]);
            }
        }
        return lines;
    }
}
