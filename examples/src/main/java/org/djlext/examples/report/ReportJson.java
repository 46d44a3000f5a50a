/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonSerializer;
import java.math.BigDecimal;
import java.math.MathContext;

/**
 * Writes JSON that is safe inside a script element of HTML: the characters {@code < > & = '} and
 * the two line ends that JavaScript has and JSON has not are written as escapes, so that no text
 * can end the element.
 *
 * <p>Numbers are shortened to six digits, and null stands for NaN and infinity.
 */
final class ReportJson {

    private static final MathContext DIGITS = new MathContext(6);

    private static final JsonSerializer<Number> SHORTENED =
            (number, type, context) ->
                    Double.isFinite(number.doubleValue())
                            ? new JsonPrimitive(
                                    new BigDecimal(number.doubleValue())
                                            .round(DIGITS)
                                            .stripTrailingZeros())
                            : JsonNull.INSTANCE;

    // Gson escapes for HTML unless it is told not to.
    private static final Gson GSON =
            new GsonBuilder()
                    .registerTypeAdapter(double.class, SHORTENED)
                    .registerTypeAdapter(Double.class, SHORTENED)
                    .registerTypeAdapter(float.class, SHORTENED)
                    .registerTypeAdapter(Float.class, SHORTENED)
                    .registerTypeAdapter(
                            Series.class,
                            (JsonSerializer<Series>)
                                    (series, type, context) -> context.serialize(series.points()))
                    .serializeNulls()
                    .create();

    private ReportJson() {}

    /** Returns an object and all that is in it as JSON. */
    static JsonObject tree(Object value) {
        return GSON.toJsonTree(value).getAsJsonObject();
    }

    /** Writes an object and all that is in it. */
    static String write(Object value) {
        return GSON.toJson(value);
    }
}
