/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.types.DataType;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What {@link GradCheck} found.
 *
 * @param subject what was checked
 * @param fast whether along one random direction instead of element by element
 * @param type the type of the inputs
 * @param eps the step of the central differences
 * @param tolerance how far the two gradients may be apart
 * @param nondetTol how far two runs of backward may be apart
 * @param seed the seed of directions and upstream gradients
 * @param passed the checks that were made and found nothing, in order
 * @param failures what is wrong; empty if all is well
 * @param warnings what limits the weight of the result
 */
public record GradCheckReport(
        String subject,
        boolean fast,
        DataType type,
        double eps,
        Tolerance tolerance,
        double nondetTol,
        long seed,
        List<Check> passed,
        List<GradCheckFailure> failures,
        List<String> warnings) {

    /**
     * Tells whether nothing is wrong.
     *
     * @return whether there is no failure
     */
    public boolean isPassed() {
        return failures.isEmpty();
    }

    /**
     * Fails a test unless nothing is wrong.
     *
     * @throws AssertionError if there is a failure; the message is the report
     */
    public void assertPassed() {
        if (!isPassed()) {
            throw new AssertionError(toString());
        }
    }

    /**
     * Returns the report for programs. Numbers that JSON does not have are strings: "NaN",
     * "Infinity", "-Infinity".
     *
     * @return a JSON object with the names of the record's components, and "ok"
     */
    public String toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("subject", subject);
        json.addProperty("ok", isPassed());
        json.addProperty("fast", fast);
        json.addProperty("type", type.name().toLowerCase(Locale.ROOT));
        json.add("eps", number(eps));
        json.add("rtol", number(tolerance.rtol()));
        json.add("atol", number(tolerance.atol()));
        json.add("nondetTol", number(nondetTol));
        json.addProperty("seed", seed);
        JsonArray passedArray = new JsonArray();
        passed.forEach(check -> passedArray.add(check.name()));
        json.add("passed", passedArray);
        JsonArray failureArray = new JsonArray();
        failures.forEach(failure -> failureArray.add(toJson(failure)));
        json.add("failures", failureArray);
        JsonArray warningArray = new JsonArray();
        warnings.forEach(warningArray::add);
        json.add("warnings", warningArray);
        return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(json);
    }

    private static JsonObject toJson(GradCheckFailure failure) {
        JsonObject json = new JsonObject();
        json.addProperty("check", failure.check().name());
        json.addProperty("input", failure.input());
        json.addProperty("inputName", failure.inputName());
        json.addProperty("output", failure.output());
        json.add("index", numbers(failure.index()));
        json.add("outputIndex", numbers(failure.outputIndex()));
        json.add("analytical", number(failure.analytical()));
        json.add("numerical", number(failure.numerical()));
        json.addProperty("wrong", failure.wrong());
        json.addProperty("total", failure.total());
        json.addProperty("message", failure.message());
        return json;
    }

    private static JsonArray numbers(Collection<Long> values) {
        JsonArray array = new JsonArray();
        values.forEach(array::add);
        return array;
    }

    private static JsonPrimitive number(double value) {
        return Double.isFinite(value)
                ? new JsonPrimitive(value)
                : new JsonPrimitive(Double.toString(value));
    }

    /**
     * Returns the report for people.
     *
     * @return a line with the verdict and the settings, and a line for each failure, each warning
     *     and the checks that passed
     */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        text.append(subject)
                .append(": ")
                .append(verdict())
                .append(" (")
                .append(fast ? "fast" : "slow")
                .append(" mode, ")
                .append(type.name().toLowerCase(Locale.ROOT))
                .append(", eps ")
                .append(eps)
                .append(", rtol ")
                .append(tolerance.rtol())
                .append(", atol ")
                .append(tolerance.atol())
                .append(", seed ")
                .append(seed)
                .append(")");
        failures.forEach(failure -> text.append("\n  failed ").append(failure));
        warnings.forEach(warning -> text.append("\n  warning: ").append(warning));
        if (!passed.isEmpty()) {
            text.append("\n  passed ")
                    .append(passed.stream().map(Check::toString).collect(Collectors.joining(", ")));
        }
        return text.toString();
    }

    /** What is known of the gradients: an input that cannot be checked says nothing of them. */
    private String verdict() {
        if (failures.stream().anyMatch(failure -> failure.check().isOfGradients())) {
            return "gradients are WRONG";
        }
        if (!passed.contains(Check.JACOBIAN)) {
            return "gradients were NOT COMPARED";
        }
        return isPassed() ? "gradients are right" : "gradients are right, but other checks FAILED";
    }
}
