/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonSerializer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What {@link GradCheck} found.
 *
 * @param subject what was checked
 * @param settings the settings
 * @param passed the checks that were made and found nothing, in order
 * @param failures what is wrong; empty if all is well
 * @param warnings what limits the weight of the result
 * @param notChecked what was not looked at, and why
 */
public record GradCheckReport(
        String subject,
        GradCheckSettings settings,
        List<Check> passed,
        List<Failure> failures,
        List<String> warnings,
        List<NotChecked> notChecked) {

    /**
     * One thing that {@link GradCheck} found wrong.
     *
     * @param check which check failed
     * @param input the index of the input that it is about, or -1
     * @param inputName how that input is called: "input 1 (gamma)", "parameter weight"; or empty
     * @param output the index of the output that it is about, or -1
     * @param index where in the input the worst element is, or empty
     * @param outputIndex where in the output its derivative is worst, or empty
     * @param analytical what backward says there, or NaN
     * @param numerical what it should be, or NaN
     * @param wrong how many elements of the input are wrong
     * @param total how many elements the input has
     * @param message all of it in a sentence
     */
    public record Failure(
            Check check,
            int input,
            String inputName,
            int output,
            List<Long> index,
            List<Long> outputIndex,
            double analytical,
            double numerical,
            long wrong,
            long total,
            String message) {

        /** Makes one that has no numbers. */
        static Failure of(Check check, int input, String inputName, String message) {
            double none = Double.NaN;
            return new Failure(
                    check, input, inputName, -1, List.of(), List.of(), none, none, 0, 0, message);
        }

        /** {@return the line of the report, the check and the message} */
        @Override
        public String toString() {
            return check + ": " + message;
        }
    }

    /**
     * Something that a {@link GradCheck} did not look at.
     *
     * @param what a check, an input or an output: "later calls", "input 1 (labels)", "output 0"
     * @param why the reason
     */
    public record NotChecked(String what, String why) {

        /** {@return the line of the report} */
        @Override
        public String toString() {
            return what + ": " + why;
        }
    }

    private static final JsonSerializer<Double> NUMBERS = (value, type, context) -> number(value);
    private static final Gson GSON =
            new GsonBuilder()
                    .registerTypeAdapter(double.class, NUMBERS)
                    .registerTypeAdapter(Double.class, NUMBERS)
                    .setPrettyPrinting()
                    .disableHtmlEscaping()
                    .create();

    /** {@return whether nothing is wrong} */
    public boolean isPassed() {
        return failures.isEmpty();
    }

    /**
     * Fails a test unless gradients were compared and nothing is wrong.
     *
     * @throws AssertionError if there is a failure, or if there was nothing to compare, such as
     *     with empty arrays; the message is the report
     */
    public void assertPassed() {
        if (!isPassed() || !passed.contains(Check.JACOBIAN)) {
            throw new AssertionError(toString());
        }
    }

    /**
     * {@return the report for programs, a JSON object with the names of the record's components,
     * and "ok"} Numbers that JSON does not have are strings: "NaN", "Infinity", "-Infinity".
     */
    public String toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("subject", subject);
        json.addProperty("ok", isPassed());
        json.addProperty("fast", settings.fast());
        json.addProperty("type", typeName());
        json.add("eps", GSON.toJsonTree(settings.eps()));
        json.add("rtol", GSON.toJsonTree(settings.tolerance().rtol()));
        json.add("atol", GSON.toJsonTree(settings.tolerance().atol()));
        json.add("nondetTol", GSON.toJsonTree(settings.nondetTol()));
        json.addProperty("undefinedUpstream", settings.undefinedUpstream());
        json.add("seeds", GSON.toJsonTree(settings.seeds()));
        json.add("passed", GSON.toJsonTree(passed));
        json.add("failures", GSON.toJsonTree(failures));
        json.add("warnings", GSON.toJsonTree(warnings));
        json.add("notChecked", GSON.toJsonTree(notChecked));
        return GSON.toJson(json);
    }

    private static JsonPrimitive number(double value) {
        return Double.isFinite(value)
                ? new JsonPrimitive(value)
                : new JsonPrimitive(Double.toString(value));
    }

    private String typeName() {
        return settings.type().name().toLowerCase(Locale.ROOT);
    }

    /**
     * {@return the report for people: a line with the verdict and the settings, one for each
     * failure, each warning and each reason for which something was not checked, and one with the
     * checks that passed}
     */
    @Override
    public String toString() {
        List<String> seeds = settings.seeds().stream().map(String::valueOf).toList();
        StringBuilder text = new StringBuilder();
        text.append(
                "%s: %s (%s mode, %s, eps %s, rtol %s, atol %s, %s %s)"
                        .formatted(
                                subject,
                                verdict(),
                                settings.fast() ? "fast" : "slow",
                                typeName(),
                                settings.eps(),
                                settings.tolerance().rtol(),
                                settings.tolerance().atol(),
                                seeds.size() == 1 ? "seed" : "seeds",
                                String.join(", ", seeds)));
        failures.forEach(failure -> text.append("\n  failed ").append(failure));
        warnings.forEach(warning -> text.append("\n  warning: ").append(warning));
        notCheckedByReason()
                .forEach((why, what) -> text.append("\n  not checked " + what + ": " + why));
        if (!passed.isEmpty()) {
            text.append("\n  passed ")
                    .append(passed.stream().map(Check::toString).collect(Collectors.joining(", ")));
        }
        return text.toString();
    }

    private Map<String, String> notCheckedByReason() {
        return notChecked.stream()
                .collect(
                        Collectors.groupingBy(
                                NotChecked::why,
                                LinkedHashMap::new,
                                Collectors.mapping(NotChecked::what, Collectors.joining(", "))));
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
