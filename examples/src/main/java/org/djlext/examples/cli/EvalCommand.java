/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.ndarray.NDManager;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.djlext.makemore.data.NameSplit;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.train.Calibration;
import org.djlext.makemore.train.Evaluation;
import org.djlext.makemore.train.Examples;
import org.djlext.makemore.train.SavedModel;
import org.djlext.nn.BatchNorm;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code makemore eval}: the losses of a trained model. */
@Command(
        name = "eval",
        description = "Computes the train, dev and test loss of a trained model.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the spec
public final class EvalCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Mixin private SavedModelOptions model = new SavedModelOptions();

    @Mixin private DataOptions data = new DataOptions();

    @Option(
            names = "--calibrate",
            description =
                    "batch norm with the statistics of the whole training set, instead of those"
                            + " kept along the way")
    private boolean calibrate;

    @Mixin private EngineOptions engine = new EngineOptions();

    /** Creates the command; its options are read by picocli. */
    public EvalCommand() {}

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        
        try (NDManager manager = engine.manager(spec)) {
            SavedModel saved = SavedModel.load(model.file(), manager);
            NamesCorpus corpus = data.corpus(saved);
            if (!saved.isTrainedOn(corpus)) {
                throw new ParameterException(
                        spec.commandLine(),
                        "the model in "
                                + model.file()
                                + " was trained on other names than "
                                + data.describe()
                                + ", so that train, dev and test would not be what they were; give"
                                + " the same with --data");
            }
            NameSplit split = corpus.split();
            out.println(saved.model());
            if (calibrate && !hasBatchNorm(saved.model())) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--calibrate sets batch norm, and "
                                + saved.model().config().type()
                                + " has none");
            }
            if (calibrate && saved.model() instanceof ContextModel context) {
                try (Examples train =
                        Examples.of(manager, context, split.train(), saved.vocabulary())) {
                    Calibration.calibrate(manager, context.layers(), train);
                }
            }
            print("train", split.train(), saved, manager, out);
            print("dev", split.dev(), saved, manager, out);
            print("test", split.test(), saved, manager, out);
            return 0;
        }
    }

    private static boolean hasBatchNorm(LanguageModel model) {
        return model instanceof ContextModel context
                && context.layers().layers().stream().anyMatch(BatchNorm.class::isInstance);
    }

    private static void print(
            String part, List<String> names, SavedModel saved, NDManager manager, PrintWriter out) {
        try (Examples examples = Examples.of(manager, saved.model(), names, saved.vocabulary())) {
            double loss = Evaluation.loss(manager, saved.model(), examples);
            out.printf(Locale.ROOT, "%-5s %.4f   (%,d examples)%n", part, loss, examples.size());
            out.flush();
        }
    }
}
