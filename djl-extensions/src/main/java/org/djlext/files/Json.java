/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.files;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.lang.reflect.RecordComponent;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * JSON of files that may hold anything, read without guessing: what is missing, is there twice, or
 * is of another kind than it should be is an {@link IllegalArgumentException} that says so. NaN and
 * the infinities are numbers, as Python writes them.
 */
public final class Json {

    private static final Gson GSON =
            new GsonBuilder().serializeSpecialFloatingPointValues().create();

    private Json() {}

    // Gson gives advice for its own callers before it says where, and in a second line.
    private static String reason(Exception e) {
        String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        return reason.replaceFirst("^[a-zA-Z.]+Exception: ", "")
                .replaceFirst("^Use JsonReader.* to accept malformed JSON", "malformed");
    }

    /**
     * Parses an object.
     *
     * @param text the text of the whole file
     * @return the object
     * @throws IllegalArgumentException if it is no JSON, no object, or has a name twice
     */
    public static JsonObject parseObject(String text) {
        JsonElement root;
        try {
            root = JsonParser.parseString(text);
            refuseDuplicates(text);
        } catch (JsonParseException | IOException e) {
            throw new IllegalArgumentException("it is not JSON: " + reason(e), e);
        }
        if (!root.isJsonObject()) {
            throw new IllegalArgumentException("it must be a JSON object, but is " + kind(root));
        }
        return root.getAsJsonObject();
    }

    // Gson takes the last of several.
    private static void refuseDuplicates(String text) throws IOException {
        Deque<Set<String>> open = new ArrayDeque<>();
        try (JsonReader in = new JsonReader(new StringReader(text))) {
            in.setStrictness(Strictness.LENIENT);
            while (true) {
                switch (in.peek()) {
                    case BEGIN_OBJECT -> {
                        in.beginObject();
                        open.push(new HashSet<>());
                    }
                    case END_OBJECT -> {
                        in.endObject();
                        open.pop();
                    }
                    case BEGIN_ARRAY -> in.beginArray();
                    case END_ARRAY -> in.endArray();
                    case NAME -> {
                        String name = in.nextName();
                        if (!open.element().add(name)) {
                            throw new IOException("\"" + name + "\" is there twice");
                        }
                    }
                    case END_DOCUMENT -> {
                        return;
                    }
                    default -> in.skipValue();
                }
            }
        }
    }

    /**
     * {@return what a kind of element is called in messages: "a list", "an object", or the value
     * itself}
     *
     * @param element the element
     */
    public static String kind(JsonElement element) {
        return element.isJsonArray()
                ? "a list"
                : element.isJsonObject() ? "an object" : element.toString();
    }

    /**
     * {@return an object as JSON that {@link #record} and {@link #records} read again; a record
     * becomes an object with a member for each component}
     *
     * @param value the object
     */
    public static JsonElement tree(Object value) {
        return GSON.toJsonTree(value);
    }

    /**
     * {@return a member that is an object}
     *
     * @param object the object that has it
     * @param name its name
     */
    public static JsonObject object(JsonObject object, String name) {
        JsonElement member = member(object, name);
        if (!member.isJsonObject()) {
            throw mustBe(name, "an object", member);
        }
        return member.getAsJsonObject();
    }

    /**
     * {@return a member that is a list}
     *
     * @param object the object that has it
     * @param name its name
     */
    public static JsonArray array(JsonObject object, String name) {
        JsonElement member = member(object, name);
        if (!member.isJsonArray()) {
            throw mustBe(name, "a list", member);
        }
        return member.getAsJsonArray();
    }

    /**
     * {@return a member that is a text}
     *
     * @param object the object that has it
     * @param name its name
     */
    public static String text(JsonObject object, String name) {
        JsonElement member = member(object, name);
        if (!member.isJsonPrimitive() || !member.getAsJsonPrimitive().isString()) {
            throw mustBe(name, "a text", member);
        }
        return member.getAsString();
    }

    /**
     * {@return a member that is a whole number of at least 0}
     *
     * @param object the object that has it
     * @param name its name
     */
    public static long count(JsonObject object, String name) {
        return toCount(name, member(object, name));
    }

    /**
     * {@return a member that is a list of whole numbers of at least 0}
     *
     * @param object the object that has it
     * @param name its name
     */
    public static long[] counts(JsonObject object, String name) {
        return array(object, name).asList().stream()
                .mapToLong(element -> toCount(name, element))
                .toArray();
    }

    private static long toCount(String name, JsonElement element) {
        if (element.isJsonPrimitive() && element.getAsJsonPrimitive().isNumber()) {
            String digits = element.getAsString();
            // Nineteen digits may be more than a long holds.
            if (digits.matches("\\d{1,18}")) {
                return Long.parseLong(digits);
            }
        }
        throw mustBe(name, "a whole number from 0", element);
    }

    /**
     * {@return a member as a record, which must have all components and nothing else}
     *
     * @param object the object that has it
     * @param name its name
     * @param type the class of the record, for which anything else is a mistake
     * @param <T> the record
     */
    public static <T> T record(JsonObject object, String name, Class<T> type) {
        return toRecord(name, member(object, name), type);
    }

    /**
     * {@return a member that is a list of records}
     *
     * @param object the object that has it
     * @param name its name
     * @param type the class of the records
     * @param <T> the record
     */
    public static <T extends Record> List<T> records(
            JsonObject object, String name, Class<T> type) {
        return array(object, name).asList().stream()
                .map(element -> toRecord(name, element, type))
                .toList();
    }

    private static <T> T toRecord(String name, JsonElement element, Class<T> type) {
        Set<String> components =
                Arrays.stream(type.getRecordComponents())
                        .map(RecordComponent::getName)
                        .collect(Collectors.toSet());
        if (!element.isJsonObject() || !element.getAsJsonObject().keySet().equals(components)) {
            throw mustBe(name, "an object with " + String.join(", ", components), element);
        }
        T record;
        try {
            record = GSON.fromJson(element, type);
        } catch (RuntimeException e) { // whatever Gson makes of a value that does not fit
            Throwable cause = e;
            while (cause.getCause() != null && !(cause instanceof IllegalArgumentException)) {
                cause = cause.getCause();
            }
            String reason = String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
            throw new IllegalArgumentException("\"" + name + "\" cannot be used: " + reason, e);
        }
        // Gson takes "yes" for false and a name that is not known for null. It is parsed again, as
        // numbers that are not finite are texts then.
        String text = tree(record).toString();
        if (!JsonParser.parseString(text).equals(element)) {
            throw new IllegalArgumentException(
                    "\"" + name + "\" must be like " + text + ", but is " + element);
        }
        return record;
    }

    private static JsonElement member(JsonObject object, String name) {
        JsonElement member = object.get(name);
        if (member == null) {
            throw new IllegalArgumentException(
                    "it must have \"" + name + "\", but has " + object.keySet());
        }
        return member;
    }

    private static IllegalArgumentException mustBe(String name, String must, JsonElement got) {
        return new IllegalArgumentException(
                "\"" + name + "\" must be " + must + ", but is " + kind(got));
    }
}
