/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.djl;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingResult;
import ai.djl.training.evaluator.Accuracy;
import ai.djl.training.listener.TrainingListener;
import ai.djl.translate.TranslateException;
import java.io.IOException;
import org.djlext.compile.CompiledTrainer;
import org.djlext.examples.lecture.Output;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelType;
import org.djlext.optim.TorchSgd;

/**
 * A model of the lectures trained the DJL way: {@code EasyTrain.fit} with a data set, an optimizer,
 * an evaluator and listeners of DJL's own. The trainer computes whole steps by one script, with a
 * hand-written backward.
 *
 * <pre>{@code
 * ./mvnw -q -pl examples -am compile exec:java -Dexec.mainClass=org.djlext.examples.djl.EasyTrainNames
 * }</pre>
 */
public final class EasyTrainNames {

    private static final int BATCH_SIZE = 64;
    private static final int EPOCHS = 5;

    private EasyTrainNames() {}

    /**
     * The main.
     *
     * @param args none
     * @throws IOException never, because the data are in memory
     * @throws TranslateException never, because nothing is translated
     */
    public static void main(String[] args) throws IOException, TranslateException {
        run(Output.console(), EPOCHS);
    }

    static void run(Output out, int epochs) throws IOException, TranslateException {
        NamesCorpus corpus = NamesCorpus.of(Names.embedded());
        LanguageModel block =
                ModelType.MLP_BN.defaults(corpus.vocabulary().size(), corpus.longest()).model();
        try (Model model = Model.newInstance("mlp-bn")) {
            model.setBlock(block);
            Engine.getInstance().setRandomSeed(42); // that of DJL's shuffling too
            DefaultTrainingConfig config =
                    new DefaultTrainingConfig(LanguageModel.newLoss())
                            .addEvaluator(new Accuracy())
                            .optOptimizer(TorchSgd.builder().optLearningRate(0.1).build())
                            .addTrainingListeners(TrainingListener.Defaults.basic());
            try (Trainer trainer = new CompiledTrainer(model, config)) {
                Examples train = block.examples(corpus.split().train(), corpus.vocabulary());
                Examples dev = block.examples(corpus.split().dev(), corpus.vocabulary());
                trainer.initialize(new Shape(BATCH_SIZE, block.config().blockSize()));
                EasyTrain.fit(
                        trainer,
                        epochs,
                        train.toDataset(BATCH_SIZE, true),
                        dev.toDataset(BATCH_SIZE, false));
                TrainingResult result = trainer.getTrainingResult();
                out.line("loss in training %.4f", result.getTrainLoss());
                out.line("loss on dev      %.4f", result.getValidateLoss());
                out.line(
                        "right on dev     %.1f %%", 100 * result.getValidateEvaluation("Accuracy"));
            }
        }
    }
}
