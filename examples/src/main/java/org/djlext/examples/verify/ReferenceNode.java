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
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.djlext.files.InputFile;
import org.djlext.files.Json;
import org.djlext.files.SafetensorsFile;
import org.djlext.makemore.data.DataFileException;
import org.jspecify.annotations.Nullable;

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
            new TreeMap<>(
                    Map.of(
                            "float64", DataType.FLOAT64,
                            "float32", DataType.FLOAT32,
                            "float16", DataType.FLOAT16,
                            "int64", DataType.INT64,
                            "int32", DataType.INT32));

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
        String place = name + ":";
        return new ReferenceNode(place, in(place, () -> Json.parseObject(text)));
    }

    /** Returns what is read at a place, which a mistake is told with. */
    private static <T> T in(String place, Supplier<T> read) {
        try {
            return read.get();
        } catch (IllegalArgumentException e) {
            throw new DataFileException(place + " " + e.getMessage());
        }
    }

    /** Returns a member by what reads it. */
    private <T> T member(String name, BiFunction<JsonObject, String, T> read) {
        return in(place.endsWith(":") ? place : place + ":", () -> read.apply(json, name));
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
        return new ReferenceNode(at(name), member(name, Json::object));
    }

    /** Returns a member that is a number. */
    double number(String name) {
        return toDouble(name, json.get(name));
    }

    /** Returns a member that is a whole number. */
    int integer(String name) {
        double number = number(name);
        if ((int) number != number) {
            throw mustBe(name, "a whole number", number);
        }
        return (int) number;
    }

    /** Returns a member that is a text. */
    String text(String name) {
        return member(name, Json::text);
    }

    /** Returns a member that is a list of numbers. */
    double[] numbers(String name) {
        return member(name, Json::array).asList().stream()
                .mapToDouble(number -> toDouble(name, number))
                .toArray();
    }

    /** Returns a member that is a tensor as an array. */
    NDArray tensor(String name, NDManager manager) {
        return child(name).tensor(manager);
    }

    private NDArray tensor(NDManager manager) {
        DataType type = TYPES.get(text("dtype"));
        if (type == null) {
            throw mustBe("dtype", "one of " + String.join(", ", TYPES.keySet()), text("dtype"));
        }
        Shape shape = new Shape(member("shape", Json::counts));
        in(at("shape") + ":", () -> SafetensorsFile.count(type, shape.getShape()));
        double[] values =
                flat(json.get("data")).mapToDouble(number -> toDouble("data", number)).toArray();
        if (values.length != shape.size()) {
            String numbers = shape.size() + " numbers for the shape " + shape;
            throw mustBe("data", numbers, has("data") ? values.length : "missing");
        }
        if (type.isInteger()) {
            for (double value : values) {
                if ((long) value != value) {
                    throw mustBe("data", "integers", value);
                }
            }
        }
        return manager.create(values, shape).toType(type, false);
    }

    // A scalar's data is a number, and data may also be nested as deep as the shape.
    private static Stream<JsonElement> flat(@Nullable JsonElement data) {
        return data instanceof JsonArray list
                ? list.asList().stream().flatMap(ReferenceNode::flat)
                : Stream.ofNullable(data);
    }

    private double toDouble(String name, @Nullable JsonElement element) {
        try {
            return Objects.requireNonNull(element).getAsDouble();
        } catch (RuntimeException e) {
            throw mustBe(name, "a number", element == null ? "missing" : Json.kind(element));
        }
    }

    /** Returns the place of a member. */
    String at(String name) {
        return place.endsWith(":") ? place + " " + name : place + "." + name;
    }

    private DataFileException mustBe(String name, String must, Object got) {
        return new DataFileException(at(name) + " must be " + must + ", but is " + got);
    }
}
