/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import java.util.Map;
import java.util.Optional;
import org.djlext.makemore.data.MakemoreException;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.nn.ParameterNames;

/** Training cannot go on, for a reason that its message gives in a sentence. */
public final class TrainingException extends MakemoreException {

    private static final long serialVersionUID = 1;

    /**
     * Creates the exception.
     *
     * @param message what happened, and what to try
     */
    public TrainingException(String message) {
        super(message);
    }

    /** Says which tensor was bad first in a step whose loss is NaN or infinite. */
    static TrainingException atStep(LanguageModel model, int step, float loss) {
        String where =
                firstBad(model)
                        .map(name -> "the first bad tensor is " + name)
                        .orElse("all parameters and gradients are finite, but the logits overflow");
        return stopped(model, "at step " + step, "the loss is " + loss + "; " + where);
    }

    /** Says what was found after the last step. */
    static TrainingException after(LanguageModel model, int steps, String what) {
        return stopped(model, "after step " + (steps - 1), what);
    }

    private static TrainingException stopped(LanguageModel model, String when, String why) {
        return new TrainingException(
                "training of %s stopped %s, because %s; try a lower learning rate"
                        .formatted(model.config().type(), when, why));
    }

    /** Checks that the last step has left all parameters finite. */
    static void checkFinite(LanguageModel model, int steps) {
        ParameterNames.arrays(model)
                .forEach(
                        (name, array) -> {
                            if (!isFinite(array)) {
                                throw after(
                                        model,
                                        steps,
                                        "its update made " + name + " NaN or infinite");
                            }
                        });
    }

    private static Optional<String> firstBad(LanguageModel model) {
        Map<String, Parameter> parameters = ParameterNames.of(model);
        // A bad parameter makes every gradient bad, so parameters come first.
        Optional<String> bad =
                parameters.entrySet().stream()
                        .filter(entry -> !isFinite(entry.getValue().getArray()))
                        .map(Map.Entry::getKey)
                        .findFirst();
        return bad.isPresent()
                ? bad
                : parameters.entrySet().stream()
                        .filter(entry -> entry.getValue().requiresGradient())
                        .filter(entry -> !isFinite(entry.getValue().getArray().getGradient()))
                        .map(entry -> "the gradient of " + entry.getKey())
                        .findFirst();
    }

    private static boolean isFinite(NDArray array) {
        return !(array.isInfinite().any().getBoolean() || array.isNaN().any().getBoolean());
    }
}
