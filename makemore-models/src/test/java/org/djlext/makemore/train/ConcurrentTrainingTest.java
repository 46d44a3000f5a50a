/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.data.TextCorpus;
import org.djlext.makemore.data.Texts;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two trainings in two threads give the numbers that each gives alone. */
class ConcurrentTrainingTest {

    private static final NamesCorpus NAMES = NamesCorpus.of(Names.embedded().subList(0, 300));
    private static final TextCorpus TEXT = TextCorpus.of(Texts.embedded());
    private static final int STEPS = 40;

    /** What a run gives. */
    @SuppressWarnings("ArrayRecordComponent") // which are not compared as a whole
    private record Result(float[] losses, List<Training.Evaluated> evaluations) {}

    private static Result train(
            ModelConfig model, Corpus corpus, Gradients gradients, CyclicBarrier start)
            throws Exception {
        TrainingConfig config =
                TrainingConfig.builder(STEPS)
                        .batchSize(16)
                        .optimizer(OptimizerConfig.adamW(0.01))
                        .learningRate(LearningRate.constant(0.01))
                        .evaluation(new EvaluationPlan(20, 2, 0, 1000))
                        .seed(7)
                        .gradients(gradients)
                        .build();
        start.await();
        try (NDManager manager = NDManager.newBaseManager();
                Training run = Training.start(manager, model, config, corpus)) {
            run.finish();
            return new Result(run.losses(), run.evaluations());
        }
    }

    private static List<Callable<Result>> runs(Gradients gradients, int together) {
        CyclicBarrier start = new CyclicBarrier(together);
        int characters = NAMES.vocabulary().size();
        ModelConfig mlp = ModelType.MLP_BN.defaults(characters, NAMES.longest());
        // Compiled steps do without dropout here, which is computed in another order.
        double dropout = gradients == Gradients.COMPILED ? 0 : 0.2;
        ModelConfig gpt = GptConfig.lecture(TEXT.vocabulary().size(), 8, 16, 2, 2, dropout);
        return List.of(
                () -> train(mlp, NAMES, gradients, start),
                () -> train(gpt, TEXT, gradients, start));
    }

    @ParameterizedTest
    @EnumSource(Gradients.class)
    void eachHasTheNumbersThatItHasAlone(Gradients gradients) throws Exception {
        List<Result> alone = Stream.of(0, 1).map(i -> call(runs(gradients, 1).get(i))).toList();
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            List<Future<Result>> together = threads.invokeAll(runs(gradients, 2));
            for (int i = 0; i < 2; i++) {
                Result result = together.get(i).get();
                assertArrayEquals(alone.get(i).losses, result.losses);
                assertEquals(alone.get(i).evaluations, result.evaluations);
            }
        } finally {
            threads.shutdown();
        }
    }

    private static Result call(Callable<Result> run) {
        try {
            return run.call();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
