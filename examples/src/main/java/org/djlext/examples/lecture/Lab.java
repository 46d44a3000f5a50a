/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.ParameterStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.model.Mlp;
import org.djlext.makemore.model.MlpInit;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.train.Evaluation;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.makemore.train.TrainingLoop;
import org.djlext.nn.ParameterNames;
import org.djlext.torch.RandomState;
import org.jspecify.annotations.Nullable;

/** An experiment of lectures 3 to 6, and what it works with. */
@SuppressWarnings("NullAway.Init") // set before it runs
public abstract class Lab {

    /** The seed of makemore 2 and 3. */
    protected static final long SEED = 2147483647L;

    /** The seed of makemore 5. */
    protected static final long SEED_5 = 42;

    /** The batch size of the lectures. */
    protected static final int BATCH_SIZE = 32;

    /**
     * Settings that replace those of an experiment, where they are not null.
     *
     * @param steps the number of training steps
     * @param rate the learning rate
     * @param gain what initial weights are multiplied by
     * @param seed the seed of parameters and mini-batches
     * @param gradients how gradients are computed
     */
    public record Choices(
            @Nullable Integer steps,
            @Nullable Double rate,
            @Nullable Double gain,
            @Nullable Long seed,
            Gradients gradients) {}

    /** Takes text and pictures. */
    protected Output out;

    /** The manager of models and data. */
    protected NDManager manager;

    /** The names. */
    protected NamesCorpus corpus;

    private Choices choices;

    /** Creates an experiment that has not run. */
    protected Lab() {}

    /**
     * Runs the experiment.
     *
     * @param output takes text and pictures
     * @param owner the manager of models and data
     * @param names the names
     * @param chosen what was chosen instead of the experiment's own settings
     */
    public final void run(Output output, NDManager owner, NamesCorpus names, Choices chosen) {
        out = output;
        manager = owner;
        corpus = names;
        choices = chosen;
        run();
    }

    /** Runs the experiment. */
    protected abstract void run();

    /**
     * {@return the number of training steps that was chosen}
     *
     * @param otherwise the experiment's own
     */
    protected final int steps(int otherwise) {
        return Objects.requireNonNullElse(choices.steps, otherwise);
    }

    /**
     * {@return the learning rate that was chosen}
     *
     * @param otherwise the experiment's own
     */
    protected final double rate(double otherwise) {
        return Objects.requireNonNullElse(choices.rate, otherwise);
    }

    /**
     * {@return what was chosen to multiply initial weights by}
     *
     * @param otherwise the experiment's own
     */
    protected final double gain(double otherwise) {
        return Objects.requireNonNullElse(choices.gain, otherwise);
    }

    /**
     * {@return the seed that was chosen}
     *
     * @param otherwise the experiment's own
     */
    protected final long seed(long otherwise) {
        return Objects.requireNonNullElse(choices.seed, otherwise);
    }

    /** {@return how gradients are computed} */
    protected final Gradients gradients() {
        return choices.gradients;
    }

    /**
     * {@return lecture 3's first network: 2 numbers a character, 100 hidden units, normal weights}
     *
     * @param vocabSize the number of characters
     */
    public static ModelConfig firstMlp(int vocabSize) {
        return new Mlp.Config(vocabSize, 3, 2, 100, MlpInit.ORIGINAL);
    }

    /**
     * Seeds the generator, and returns a model of the first numbers.
     *
     * @param config what model
     * @param seedOtherwise the experiment's own seed
     * @return the model
     */
    protected final ContextModel draw(ModelConfig config, long seedOtherwise) {
        RandomState.seed(seed(seedOtherwise));
        ContextModel model = (ContextModel) config.model();
        model.initialize(manager, DataType.FLOAT32);
        return model;
    }

    /**
     * {@return the examples to train on}
     *
     * @param model what reads them
     */
    protected final Examples train(ContextModel model) {
        return model.examples(corpus.split().train(), corpus.vocabulary());
    }

    /** {@return the number of characters} */
    protected final int vocabSize() {
        return corpus.vocabulary().size();
    }

    /**
     * {@return the loss of the dev set}
     *
     * @param model a model
     */
    protected final double devLoss(ContextModel model) {
        return Evaluation.loss(manager, model, model.examples(corpus, Corpus.Part.DEV));
    }

    /**
     * {@return numbers side by side, alike in all countries}
     *
     * @param format the format of each, with the space between
     * @param array the numbers
     */
    public static String row(String format, NDArray array) {
        StringBuilder text = new StringBuilder();
        for (float value : array.toFloatArray()) {
            text.append(text(format, value));
        }
        return text.toString();
    }

    /**
     * {@return a text with parts put in, alike in all countries}
     *
     * @param format as for {@link String#format}
     * @param args the parts
     */
    public static String text(String format, Object... args) {
        return String.format(Locale.ROOT, format, args);
    }

    /**
     * Prepares a training by plain gradient descent.
     *
     * @param model what is trained
     * @param examples what it is trained on
     * @param batchSize the number of examples of a mini-batch
     * @param rate the learning rate
     * @return the training before its first step
     */
    protected final TrainingLoop loop(
            ContextModel model, Examples examples, int batchSize, double rate) {
        return new TrainingLoop(
                manager,
                model,
                examples,
                TrainingConfig.builder(0)
                        .batchSize(batchSize)
                        .learningRate(LearningRate.constant(rate))
                        .gradients(choices.gradients)
                        .build());
    }

    /**
     * Trains.
     *
     * @param loop a training
     * @param steps the number of its last step
     * @return the loss of each step
     */
    protected static List<Float> train(TrainingLoop loop, int steps) {
        List<Float> losses = new ArrayList<>();
        loop.runTo(steps, (step, loss) -> losses.add(loss));
        return losses;
    }

    /**
     * Multiplies a parameter in place.
     *
     * @param model a model
     * @param parameter the name of the parameter
     * @param factor what to multiply it by
     */
    protected static void scale(ContextModel model, String parameter, double factor) {
        try (Autograd.Scope unrecorded = Autograd.noGrad()) {
            parameter(model, parameter).muli(factor);
        }
    }

    /**
     * Returns a parameter.
     *
     * @param model a model
     * @param name the name of the parameter
     * @return its array
     */
    protected static NDArray parameter(ContextModel model, String name) {
        return Objects.requireNonNull(ParameterNames.of(model).get(name), name).getArray();
    }

    /**
     * Runs a model in training mode, unrecorded, and returns the outputs of all its layers, which
     * belong to the manager of the input.
     *
     * @param model the model
     * @param x its input
     * @return the outputs, layer by layer
     */
    protected static List<NDArray> outputs(ContextModel model, NDArray x) {
        List<NDArray> outputs = new ArrayList<>();
        model.layers().observe((index, layer, output) -> outputs.add(output));
        try (Autograd.Scope unrecorded = Autograd.noGrad()) {
            model.call(new ParameterStore(x.getManager(), false), x, true);
        } finally {
            model.layers().observe(null);
        }
        return outputs;
    }
}
