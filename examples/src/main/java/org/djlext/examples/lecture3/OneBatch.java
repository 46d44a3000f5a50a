/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture3;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.djlext.examples.lecture.Lab;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.train.Evaluation;
import org.djlext.makemore.train.TrainingLoop;

/**
 * The first check of makemore 2: 3,481 parameters learn the 32 examples of five names by heart. The
 * loss does not get to 0, because "..." is followed by another letter in each name.
 */
public final class OneBatch extends Lab {

    private static final int STEPS = 1000;
    private static final List<String> NAMES =
            List.of("emma", "olivia", "ava", "isabella", "sophia");

    /** Creates the experiment. */
    public OneBatch() {}

    @Override
    protected void run() {
        CharVocabulary letters = CharVocabulary.LETTERS;
        ContextModel model = draw(firstMlp(letters.size()), SEED);
        Examples examples = model.examples(NAMES, letters);
        // All examples in each step, not drawn.
        TrainingLoop loop = loop(model, examples, 0, rate(0.1));
        float first = train(loop, steps(STEPS)).get(0);
        double last = Evaluation.loss(manager, model, examples);
        Examples.Batch batch = examples.slice(manager, 0, examples.size());
        List<NDArray> outputs = outputs(model, batch.x());
        NDArray best = outputs.get(outputs.size() - 1).argMax(1);
        List<Long> predicted = longs(best);
        List<Long> labels = longs(batch.y());
        for (int i = 0; i < labels.size(); i++) {
            StringBuilder context = new StringBuilder();
            for (long character : batch.x().get(i).toLongArray()) {
                context.append(letters.character((int) character));
            }
            String label = letters.character(labels.get(i).intValue());
            String guess = letters.character(predicted.get(i).intValue());
            out.line(
                    "%s ---> %s%s",
                    context, label, label.equals(guess) ? "" : "   predicted: " + guess);
        }
        long right =
                IntStream.range(0, labels.size())
                        .filter(i -> labels.get(i).equals(predicted.get(i)))
                        .count();
        out.line(
                "%,d parameters, %d examples: loss %.4f, after %d steps %.4f; %d right",
                model.parameterCount(), labels.size(), first, loop.stepsDone(), last, right);
    }

    private static List<Long> longs(NDArray array) {
        return Arrays.stream(array.toLongArray()).boxed().toList();
    }
}
