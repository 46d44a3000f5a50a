/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.verify;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.djlext.files.InputFile;
import org.djlext.files.Json;
import org.djlext.files.SafetensorsFile;
import org.djlext.makemore.data.DataFileException;

/**
 * An object of a reference file, and the way to it, so that a mistake in the file can be told with
 * its place.
 *
 * @param place the file and the names that lead to the object, such as {@code ops.json:
 *     ops.linear.inputs}
 * @param json the object
 */
record ReferenceNode(String place, JsonObject json) {

    // bfloat16 is left out: an array of it cannot be made from Java on this engine.
    private static final Map<String, DataType> TYPES =
            Map.of(
                    "float64", DataType.FLOAT64,
                    "float32", DataType.FLOAT32,
                    "float16", DataType.FLOAT16,
                    "int64", DataType.INT64,
                    "int32", DataType.INT32);

    /** Reads a file. */
    static ReferenceNode read(Path file) {
        try {
            return parse(String.valueOf(file.getFileName()), InputFile.readString(file));
        } catch (IOException e) {
            throw new DataFileException("the reference file " + file + " " + e.getMessage());
        }
    }

    /** Parses the text of a file. */
    static ReferenceNode parse(String name, String text) {
        try {
            return new ReferenceNode(name + ":", Json.parseObject(text));
        } catch (IllegalArgumentException e) {
            throw new DataFileException(name + ": " + e.getMessage());
        }
    }

    /** Tells whether there is a member of a name. */
    boolean has(String name) {
        return json.has(name);
    }

    /** Returns the names of the members, in the order of the file. */
    List<String> names() {
        return List.copyOf(json.keySet());
    }

    /** Returns a member that is an object. */
    ReferenceNode child(String name) {
        JsonElement element = member(name);
        if (!element.isJsonObject()) {
            throw mustBe(name, "an object", Json.kind(element));
        }
        return new ReferenceNode(at(name), element.getAsJsonObject());
    }

    /** Returns a member that is a number. */
    double number(String name) {
        return toDouble(name, member(name));
    }

    /** Returns a member that is a whole number. */
    int integer(String name) {
        double number = number(name);
        if ((int) number != number) {
            throw mustBe(name, "a whole number", Json.kind(member(name)));
        }
        return (int) number;
    }

    /** Returns a member that is a text. */
    String text(String name) {
        JsonElement element = member(name);
        if (!element.isJsonPrimitive() || !element.getAsJsonPrimitive().isString()) {
            throw mustBe(name, "a text", Json.kind(element));
        }
        return element.getAsString();
    }

    /** Returns a member that is a list of numbers. */
    double[] numbers(String name) {
        JsonElement element = member(name);
        if (!element.isJsonArray()) {
            throw mustBe(name, "a list of numbers", Json.kind(element));
        }
        return element.getAsJsonArray().asList().stream()
                .mapToDouble(number -> toDouble(name, number))
                .toArray();
    }

    /** Returns a member that is a tensor as an array. */
    NDArray tensor(String name, NDManager manager) {
        ReferenceNode tensor = child(name);
        String dtype = tensor.member("dtype").toString().replace("\"", "");
        DataType type = TYPES.get(dtype.toLowerCase(Locale.ROOT));
        if (type == null) {
            throw tensor.mustBe(
                    "dtype", "one of " + String.join(", ", sorted(TYPES.keySet())), dtype);
        }
        JsonElement sizes = tensor.member("shape");
        if (!sizes.isJsonArray()) {
            throw tensor.mustBe("shape", "a list of sizes", Json.kind(sizes));
        }
        long[] shape = new long[sizes.getAsJsonArray().size()];
        for (int i = 0; i < shape.length; i++) {
            double size = tensor.toDouble("shape", sizes.getAsJsonArray().get(i));
            shape[i] = (long) size;
            if (size < 0 || shape[i] != size) {
                throw tensor.mustBe("shape", "a list of sizes", sizes.toString());
            }
        }
        try {
            SafetensorsFile.count(type, shape);
        } catch (IllegalArgumentException e) {
            throw tensor.mustBe("shape", "that of a tensor that fits into memory", "" + sizes);
        }
        JsonArray flat = new JsonArray();
        flatten(tensor.member("data"), flat);
        Shape size = new Shape(shape);
        if (flat.size() != size.size()) {
            throw tensor.mustBe(
                    "data", size.size() + " numbers for the shape " + size, flat.size() + "");
        }
        return type.isInteger()
                ? tensor.longs(flat, size, type, manager)
                : tensor.doubles(flat, size, type, manager);
    }

    private NDArray doubles(JsonArray flat, Shape shape, DataType type, NDManager manager) {
        double[] values = new double[flat.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = toDouble("data", flat.get(i));
        }
        return manager.create(values, shape).toType(type, false);
    }

    private NDArray longs(JsonArray flat, Shape shape, DataType type, NDManager manager) {
        long[] values = new long[flat.size()];
        for (int i = 0; i < values.length; i++) {
            double value = toDouble("data", flat.get(i));
            values[i] = (long) value;
            if (values[i] != value) {
                throw mustBe("data", "integers", flat.get(i).toString());
            }
        }
        return manager.create(values, shape).toType(type, false);
    }

    // A scalar's data is a number, and data may also be nested as deep as the shape.
    private static void flatten(JsonElement element, JsonArray into) {
        if (element.isJsonArray()) {
            element.getAsJsonArray().forEach(e -> flatten(e, into));
        } else {
            into.add(element);
        }
    }

    private JsonElement member(String name) {
        JsonElement element = json.get(name);
        if (element == null) {
            throw new DataFileException(place + " must have \"" + name + "\", but has " + names());
        }
        return element;
    }

    private double toDouble(String name, JsonElement element) {
        try {
            return element.getAsDouble();
        } catch (RuntimeException e) {
            throw mustBe(name, "a number", element.toString());
        }
    }

    private String at(String name) {
        return place.endsWith(":") ? place + " " + name : place + "." + name;
    }

    private DataFileException mustBe(String name, String must, String got) {
        return new DataFileException(at(name) + " must be " + must + ", but is " + got);
    }

    private static List<String> sorted(Set<String> names) {
        return names.stream().sorted().toList();
    }
}
