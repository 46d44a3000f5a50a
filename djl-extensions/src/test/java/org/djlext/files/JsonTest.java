/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.files;

import static org.djlext.testing.Failures.assertRefused;
import static org.djlext.testing.Failures.assertRefusedSaying;
import static org.djlext.testing.Failures.message;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {

    private enum Color {
        RED
    }

    private record Thing(int size, double share, boolean good, Color color) {
        private Thing {
            if (size < 0) {
                throw new IllegalArgumentException("a size must not be negative");
            }
        }
    }

    private static final String THING =
            "{\"thing\": {\"size\": 3, \"share\": NaN, \"good\": true, \"color\": \"RED\"}}";

    @Test
    void recordsComeBackAsTheyWere() {
        JsonObject object = new JsonObject();
        Thing thing = new Thing(7, Double.NEGATIVE_INFINITY, false, Color.RED);
        object.add("thing", Json.tree(thing));
        object.add("things", Json.tree(List.of(thing, thing)));
        JsonObject read = Json.parseObject(object.toString());
        assertEquals(thing, Json.record(read, "thing", Thing.class));
        assertEquals(List.of(thing, thing), Json.records(read, "things", Thing.class));
        Thing other = Json.record(Json.parseObject(THING), "thing", Thing.class);
        assertEquals(new Thing(3, Double.NaN, true, Color.RED), other);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"size\": 3|\"size\": 3.5",
                "\"size\": 3|\"size\": null",
                "\"size\": 3|\"size\": 3000000000",
                "\"size\": 3|\"size\": [3]",
                "\"size\": 3|\"length\": 3",
                "\"size\": 3,|",
                "\"size\": 3|\"size\": 3, \"more\": 4",
                "true|\"yes\"",
                "true|null",
                "\"RED\"|\"BLUE\"",
                "\"RED\"|null",
                "\"RED\"|0",
            })
    void aRecordThatDoesNotAddUpIsRefused(String change) {
        String[] parts = change.split("\\|", -1);
        String text = THING.replace(parts[0], parts[1]);
        assertTrue(!text.equals(THING), change);
        String message =
                message(
                        IllegalArgumentException.class,
                        () -> Json.record(Json.parseObject(text), "thing", Thing.class));
        assertTrue(message.startsWith("\"thing\" "), message);
        assertEquals(1, message.lines().count(), message);
    }

    @Test
    void whatTheRecordSaysIsTheReason() {
        String text = THING.replace("3", "-3");
        assertRefused(
                "\"thing\" cannot be used: a size must not be negative",
                () -> Json.record(Json.parseObject(text), "thing", Thing.class));
    }

    @Test
    void whatIsNoObjectIsRefused() {
        assertRefused("it must be a JSON object, but is a list", () -> Json.parseObject("[1]"));
        assertRefused("it must be a JSON object, but is null", () -> Json.parseObject("null"));
        assertRefused(
                "it is not JSON: malformed at line 2 column 2 path $",
                () -> Json.parseObject("emma\nava"));
        assertRefused(
                "it is not JSON: \"b\" is there twice",
                () -> Json.parseObject("{\"a\": [{\"b\": 1, \"c\": {}, \"b\": 2}]}"));
        String deep = "{\"a\": " + "[".repeat(100_000) + "]".repeat(100_000) + "}";
        for (String text : List.of("", "{\"a\": 1", "{} {}", deep)) {
            assertRefusedSaying("it is not JSON: ", () -> Json.parseObject(text));
        }
    }

    @Test
    void membersAreWhatTheyAreAskedFor() {
        JsonObject object =
                Json.parseObject(
                        "{\"n\": 4, \"l\": [0, 9007199254740993], \"t\": \"x\", \"z\": null}");
        assertEquals(4, Json.count(object, "n"));
        // More than a double can tell from its neighbours.
        assertArrayEquals(new long[] {0, 9_007_199_254_740_993L}, Json.counts(object, "l"));
        assertEquals("x", Json.text(object, "t"));
        assertRefused(
                "\"t\" must be a whole number from 0, but is \"x\"", () -> Json.count(object, "t"));
        assertRefused("\"z\" must be a text, but is null", () -> Json.text(object, "z"));
        assertRefused("\"n\" must be an object, but is 4", () -> Json.object(object, "n"));
        assertRefused("\"t\" must be a list, but is \"x\"", () -> Json.array(object, "t"));
        assertRefused(
                "it must have \"none\", but has [n, l, t, z]", () -> Json.array(object, "none"));
        for (String number : List.of("-1", "1.0", "1e3", "\"1\"", "9223372036854775808", "NaN")) {
            JsonObject wrong = Json.parseObject("{\"n\": " + number + "}");
            assertRefusedSaying("must be a whole", () -> Json.count(wrong, "n"));
        }
    }
}
