/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Locale;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.Corpus.Part;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.TextCorpus;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.train.Calibration;
import org.djlext.makemore.train.Evaluation;
import org.djlext.makemore.train.SavedModel;
import org.djlext.nn.BatchNorm;
import org.djlext.torch.RandomState;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code makemore eval}: the losses of a trained model. */
@Command(name = "eval")
final class EvalCommand extends SavedModelCommand {

    @Option(names = "--calibrate")
    private boolean calibrate;

    @Option(names = "--eval-iters", paramLabel = "N")
    private int batches = 200;

    @Option(names = "--batch-size", paramLabel = "N")
    private int batchSize = 32;

    @Option(names = "--seed", paramLabel = "N")
    private long seed = 1337;

    @Override
    void check() {
        Mistake.atLeast("--eval-iters", batches, 1);
        Mistake.atLeast("--batch-size", batchSize, 1);
    }

    @Override
    void run(SavedModel saved, NDManager manager) {
        Corpus corpus = data.corpus(saved);
        if (calibrate && !hasBatchNorm(saved)) {
            throw new Mistake(
                    "--calibrate sets batch norm, and %s has none", saved.model().config().type());
        }
        if (corpus instanceof TextCorpus text) {
            estimate(saved, text, manager);
        } else {
            Mistake.ifGiven(
                    spec,
                    "for names, whose losses are those of all examples",
                    "--eval-iters",
                    "--batch-size",
                    "--seed");
            compute(saved, corpus, manager);
        }
    }

    private void compute(SavedModel saved, Corpus corpus, NDManager manager) {
        if (!saved.isTrainedOn(corpus)) {
            throw new Mistake(
                    "the model in %s was trained on other data than %s, so that train, dev and test"
                            + " would not be what they were; leave them out, or give the same",
                    file(), data.describe(corpus));
        }
        if (calibrate) {
            ContextModel model = (ContextModel) saved.model();
            Calibration.calibrate(manager, model.layers(), model.examples(corpus, Part.TRAIN));
        }
        line("%s", saved.model());
        for (Part part : Part.values()) {
            Examples examples = saved.model().examples(corpus, part);
            double loss = Evaluation.loss(manager, saved.model(), examples);
            line("%-5s %.4f   (%,d examples)", name(part), loss, examples.size());
        }
    }

    private static boolean hasBatchNorm(SavedModel saved) {
        return saved.model() instanceof ContextModel context
                && context.layers().layers().stream().anyMatch(BatchNorm.class::isInstance);
    }

    private void estimate(SavedModel saved, TextCorpus given, NDManager manager) {
        // The numbers of the characters are the model's, whatever the text has.
        TextCorpus corpus = new TextCorpus(given.text(), saved.vocabulary(), given.source());
        try {
            saved.vocabulary().encode(given.text());
        } catch (IllegalArgumentException e) {
            throw new DataFileException(
                    "the model does not know this text: "
                            + e.getMessage()
                            + "; give the text that it was trained on");
        }
        RandomState.seed(seed);
        line("%s on %s%s", saved.model(), data.describe(corpus), remark(saved, corpus));
        for (Part part : List.of(Part.TRAIN, Part.DEV)) {
            Examples examples = saved.model().examples(corpus, part);
            double loss = Evaluation.estimate(manager, saved.model(), examples, batches, batchSize);
            line("%-5s %.4f", name(part), loss);
        }
    }

    private static String name(Part part) {
        return part.name().toLowerCase(Locale.ROOT);
    }

    /** Says what the two losses are when the text is not the one of the run. */
    private static String remark(SavedModel saved, TextCorpus corpus) {
        if (saved.isTrainedOn(corpus)) {
            return "";
        }
        return saved.source() == null
                ? ", which may or may not be the text that it was trained on; the file does not say"
                : ", not the text that it was trained on, so that train and dev are the first 90 %"
                        + " and the rest of a text that is new to it";
    }
}
