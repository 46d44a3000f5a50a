/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.OptimizerConfig;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.nn.ParameterNames;

/** Models that have learned enough for their names to have the length of names. */
final class TrainedModels {

    private static final int STEPS = 1000;
    private static final long SEED = 2147483647L;

    private TrainedModels() {}

    static Training train(NDManager manager, ModelType type, NamesCorpus corpus) {
        boolean lecture =
                switch (type) {
                    case MLP, MLP_BN, DEEP, WAVENET -> true;
                    default -> false;
                };
        Training run =
                Training.start(
                        manager,
                        type.defaults(corpus.vocabulary().size(), corpus.longest()),
                        TrainingConfig.builder(STEPS)
                                .optimizer(
                                        lecture
                                                ? OptimizerConfig.sgd(0)
                                                : OptimizerConfig.adamW(0.01))
                                .learningRate(
                                        LearningRate.constant(
                                                lecture || type == ModelType.BIGRAM ? 0.1 : 2e-3))
                                .seed(SEED)
                                .gradients(Gradients.ENGINE)
                                .build(),
                        corpus);
        while (!run.isDone()) {
            run.step();
        }
        return run;
    }

    /** Writes the parameters in the safetensors format, under PyTorch's names. */
    static void write(LanguageModel model, Path file) throws IOException {
        NDList list = new NDList();
        ParameterNames.of(model)
                .forEach(
                        (name, parameter) -> {
                            NDArray copy = parameter.getArray().duplicate();
                            copy.setName(name);
                            list.add(copy);
                        });
        try (NDList closed = list) {
            Files.write(file, closed.encode(NDList.Encoding.SAFETENSORS));
        }
    }

    /** Returns the logits of what follows a prefix. */
    static float[] logits(Training run, int[] prefix) {
        LanguageModel model = run.saved().model();
        int block = model.config().blockSize();
        int length = model.everyPosition() ? prefix.length + 1 : block;
        long[][] x = new long[1][length];
        for (int back = 0; back < Math.min(prefix.length, length); back++) {
            x[0][length - 1 - back] = prefix[prefix.length - 1 - back];
        }
        try (Autograd.Scope unrecorded = Autograd.noGrad();
                NDManager sub = run.manager().newSubManager()) {
            NDArray y = model.call(new ParameterStore(sub, false), sub.create(x), false);
            return (model.everyPosition() ? y.get(":, -1") : y).toFloatArray();
        }
    }
}
