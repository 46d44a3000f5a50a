/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Changes JSON as someone does who knows the format and means harm. */
final class JsonMutation {

    private static final List<JsonElement> VALUES =
            List.of(
                    JsonNull.INSTANCE,
                    new JsonPrimitive(0),
                    new JsonPrimitive(-1),
                    new JsonPrimitive(1),
                    new JsonPrimitive(2.5),
                    new JsonPrimitive(65_536),
                    new JsonPrimitive(1_000_000),
                    new JsonPrimitive(Integer.MAX_VALUE),
                    new JsonPrimitive(1L << 32),
                    new JsonPrimitive(Long.MAX_VALUE),
                    new JsonPrimitive(1e300),
                    new JsonPrimitive(Double.NaN),
                    new JsonPrimitive(Double.NEGATIVE_INFINITY),
                    new JsonPrimitive(true),
                    new JsonPrimitive(""),
                    new JsonPrimitive("F32"),
                    new JsonPrimitive("I64"),
                    new JsonPrimitive("1"),
                    new JsonPrimitive("\n\u0000\ud800"),
                    new JsonObject(),
                    new JsonArray());

    private JsonMutation() {}

    /** Returns the text of a copy that is changed in one to three places. */
    static String of(JsonObject object, Random random) {
        JsonObject changed = object.deepCopy();
        for (int i = random.nextInt(3); i >= 0; i--) {
            change(changed, random);
        }
        String text = changed.toString();
        if (random.nextInt(20) == 0) { // a name twice
            text = text.replaceFirst("\\{", "{\"dtype\":\"F32\",\"dtype\":1,");
        }
        if (random.nextInt(50) == 0) {
            text = text.replaceFirst("\\{", "{\"deep\":" + "[".repeat(5000) + "]".repeat(5000));
        }
        return text;
    }

    private static void change(JsonObject root, Random random) {
        List<JsonElement> containers = new ArrayList<>();
        collect(root, containers);
        JsonElement container = containers.get(random.nextInt(containers.size()));
        JsonElement value = VALUES.get(random.nextInt(VALUES.size())).deepCopy();
        if (container instanceof JsonArray array) {
            if (array.isEmpty() || random.nextInt(4) == 0) {
                array.add(value);
            } else if (random.nextInt(4) == 0) {
                array.remove(random.nextInt(array.size()));
            } else {
                array.set(random.nextInt(array.size()), value);
            }
            return;
        }
        JsonObject object = container.getAsJsonObject();
        List<String> names = List.copyOf(object.keySet());
        if (names.isEmpty()) {
            object.add("name", value);
            return;
        }
        String name = names.get(random.nextInt(names.size()));
        String other = names.get(random.nextInt(names.size()));
        switch (random.nextInt(6)) {
            case 0 -> object.remove(name);
            case 1 -> object.add(name + "x", object.get(other).deepCopy());
            case 2 -> { // two swap their values
                JsonElement first = object.get(name);
                object.add(name, object.get(other));
                object.add(other, first);
            }
            case 3 -> object.add(name, near(object.get(name), random));
            default -> object.add(name, value);
        }
    }

    /** Returns a number that is a little or a lot away from a number. */
    private static JsonElement near(JsonElement value, Random random) {
        if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isNumber()) {
            return JsonNull.INSTANCE;
        }
        double number = value.getAsDouble();
        return switch (random.nextInt(4)) {
            case 0 -> new JsonPrimitive(((long) number) + 1);
            case 1 -> new JsonPrimitive(((long) number) - 1);
            case 2 -> new JsonPrimitive(((long) number) * 1000);
            default -> new JsonPrimitive(-number);
        };
    }

    private static void collect(JsonElement element, List<JsonElement> into) {
        if (element instanceof JsonArray array) {
            into.add(array);
            array.forEach(e -> collect(e, into));
        } else if (element instanceof JsonObject object) {
            into.add(object);
            object.entrySet().forEach(e -> collect(e.getValue(), into));
        }
    }
}
