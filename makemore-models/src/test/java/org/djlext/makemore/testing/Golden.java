/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.testing;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;

/** Reads tensors that PyTorch has written: {@code {"dtype", "shape", "data"}}, row-major. */
public final class Golden {

    private Golden() {}

    /** Reads a resource. */
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

    /** Makes an array of a tensor. */
    public static NDArray tensor(NDManager manager, JsonElement element) {
        JsonObject tensor = element.getAsJsonObject();
        JsonArray sizes = tensor.getAsJsonArray("shape");
        long[] shape = new long[sizes.size()];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = sizes.get(i).getAsLong();
        }
        // A scalar's data is a number, not a list of one.
        JsonElement data = tensor.get("data");
        JsonArray values = new JsonArray();
        flatten(data, values);
        double[] doubles = new double[values.size()];
        for (int i = 0; i < doubles.length; i++) {
            doubles[i] = values.get(i).getAsDouble();
        }
        DataType type =
                DataType.valueOf(tensor.get("dtype").getAsString().toUpperCase(Locale.ROOT));
        return manager.create(doubles, new Shape(shape)).toType(type, false);
    }

    private static void flatten(JsonElement element, JsonArray into) {
        if (element.isJsonArray()) {
            element.getAsJsonArray().forEach(e -> flatten(e, into));
        } else {
            into.add(element);
        }
    }
}
