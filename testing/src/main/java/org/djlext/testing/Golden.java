/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.testing;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.DoubleStream;

/** Reads tensors that PyTorch has written: {@code {"dtype", "shape", "data"}}, row-major. */
public final class Golden {

    private Golden() {}

    /**
     * Reads a resource.
     *
     * @param resource its path on the class path
     * @return what is in it
     */
    public static JsonObject read(String resource) {
        try (InputStream in = Golden.class.getResourceAsStream(resource);
                Reader reader =
                        new InputStreamReader(
                                Objects.requireNonNull(in, resource), StandardCharsets.UTF_8)) {
            return JsonParser.parseReader(reader).getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Makes an array of a tensor.
     *
     * @param manager the manager of the array
     * @param element the tensor
     * @return the array, of its type and shape
     */
    public static NDArray tensor(NDManager manager, JsonElement element) {
        JsonObject tensor = element.getAsJsonObject();
        DataType type =
                DataType.valueOf(tensor.get("dtype").getAsString().toUpperCase(Locale.ROOT));
        Shape shape = new Shape(stream(tensor.get("shape")).mapToLong(n -> (long) n).toArray());
        return manager.create(numbers(tensor.get("data")), shape).toType(type, false);
    }

    // A scalar's data is a number, and data may also be nested as deep as the shape.
    private static DoubleStream stream(JsonElement element) {
        return element.isJsonArray()
                ? element.getAsJsonArray().asList().stream().flatMapToDouble(Golden::stream)
                : DoubleStream.of(element.getAsDouble());
    }

    /**
     * {@return the numbers of a list, in their order}
     *
     * @param list the list, which may have lists inside
     */
    public static double[] numbers(JsonElement list) {
        return stream(list).toArray();
    }

    /**
     * {@return where a resource is, a file or a folder}
     *
     * @param owner a class of the package that it is in
     * @param name its name there
     */
    public static Path path(Class<?> owner, String name) {
        try {
            return Path.of(Objects.requireNonNull(owner.getResource(name), name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * {@return the texts of a list}
     *
     * @param list the list
     */
    public static List<String> strings(JsonElement list) {
        return list.getAsJsonArray().asList().stream().map(JsonElement::getAsString).toList();
    }
}
