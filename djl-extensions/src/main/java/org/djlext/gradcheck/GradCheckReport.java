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
        List<GradCheckFailure> failures,
        List<String> warnings,
        List<NotChecked> notChecked) {

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
        StringBuilder text = new StringBuilder();
        List<String> seeds = settings.seeds().stream().map(String::valueOf).toList();
        text.append(subject)
                .append(": ")
                .append(verdict())
                .append(" (")
                .append(settings.fast() ? "fast" : "slow")
                .append(" mode, ")
                .append(typeName())
                .append(", eps ")
                .append(settings.eps())
                .append(", rtol ")
                .append(settings.tolerance().rtol())
                .append(", atol ")
                .append(settings.tolerance().atol())
                .append(seeds.size() == 1 ? ", seed " : ", seeds ")
                .append(String.join(", ", seeds))
                .append(")");
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
