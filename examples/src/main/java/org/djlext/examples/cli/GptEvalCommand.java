/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.ndarray.NDManager;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.djlext.makemore.data.Corpus.Part;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.data.TextCorpus;
import org.djlext.makemore.train.Evaluation;
import org.djlext.makemore.train.Examples;
import org.djlext.makemore.train.SavedModel;
import org.djlext.torch.RandomState;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code makemore gpt eval}: estimates the losses of a trained GPT, as the lecture does. */
@Command(
        name = "eval",
        description = "Estimates the training and validation loss of a trained GPT.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the spec
public final class GptEvalCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Mixin private SavedGptOptions model = new SavedGptOptions();

    @Option(
            names = "--eval-batches",
            defaultValue = "200",
            description = "batches of each part of the text, default ${DEFAULT-VALUE}")
    private int batches = 200;

    @Option(
            names = "--batch-size",
            defaultValue = "32",
            description = "sequences of a batch, default ${DEFAULT-VALUE}")
    private int batchSize = 32;

    @Option(
            names = "--seed",
            defaultValue = "1337",
            description = "seed of the batches, default ${DEFAULT-VALUE}")
    private long seed = 1337;

    @Mixin private EngineOptions engine = new EngineOptions();

    /** Creates the command; its options are read by picocli. */
    public GptEvalCommand() {}

    @Override
    public Integer call() {
        if (batches < 1 || batchSize < 1) {
            throw new ParameterException(
                    spec.commandLine(), "--eval-batches and --batch-size must be at least 1");
        }
        try (NDManager manager = engine.manager(spec)) {
            SavedModel saved = model.load(manager);
            String text = model.text().text();
            try {
                saved.vocabulary().encode(text);
            } catch (IllegalArgumentException e) {
                throw new DataFileException(
                        "the model does not know this text: "
                                + e.getMessage()
                                + ", or give the text that it was trained on");
            }
            TextCorpus corpus = new TextCorpus(text, saved.vocabulary(), TextCorpus.of(text).source());
            RandomState.seed(seed);
            spec.commandLine()
                    .getOut()
                    .printf(
                            Locale.ROOT,
                            "%s on %s%s%ntrain %.4f%nval   %.4f%n",
                            saved.model(),
                            model.text().describe(),
                            remark(saved, corpus),
                            loss(manager, saved, corpus, Part.TRAIN),
                            loss(manager, saved, corpus, Part.DEV))
                    .flush();
            return 0;
        }
    }

    private double loss(NDManager manager, SavedModel saved, TextCorpus corpus, Part part) {
        Examples examples = Examples.of(manager, saved.model(), corpus, part);
        return Evaluation.estimate(manager, saved.model(), examples, batches, batchSize);
    }

    /** Says what the two losses are when the text is not the one of the run. */
    private static String remark(SavedModel saved, TextCorpus corpus) {
        if (saved.isTrainedOn(corpus)) {
            return "";
        }
        return saved.source() == null
                ? ", which may or may not be the text that it was trained on; the file does not say"
                : ", not the text that it was trained on, so that train and val are the first 90 %"
                        + " and the rest of a text that is new to it";
    }
}
