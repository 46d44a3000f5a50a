/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.testing;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.djlext.reference.ReferenceNode;

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
        JsonObject holder = new JsonObject();
        holder.add("tensor", element);
        return new ReferenceNode("golden", holder).tensor("tensor", manager);
    }
}
