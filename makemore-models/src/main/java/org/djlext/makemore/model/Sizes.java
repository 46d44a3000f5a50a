/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import com.google.gson.JsonObject;
import java.util.List;
import java.util.Map;
import org.djlext.files.Json;

/** Checks the sizes of models, which may come from a file that may hold anything. */
final class Sizes {

    private static final List<String> NAMES =
            List.of("vocabSize", "blockSize", "embedding", "hidden", "layers", "heads");

    // Far beyond any model that a program of this kind trains, so that a model of a file takes no
    // more memory and time than its file.
    private static final Map<String, Integer> LARGEST =
            Map.of("blockSize", 1 << 16, "layers", 1000);
    private static final int MAX_HEADS = 10_000;

    private final JsonObject sizes;

    private Sizes(ModelConfig config) {
        sizes = Json.tree(config).getAsJsonObject();
    }

    /** Checks the sizes that all models call by the same names, of those that this one has. */
    static void check(ModelConfig config) {
        Sizes sizes = new Sizes(config);
        NAMES.forEach(sizes::checkRange);
        sizes.checkContext();
        sizes.checkHeads();
    }

    /** Checks a setting that is not a size. */
    static void checkFinite(String name, double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException(
                    "a model's " + name + " must be finite, but is " + value);
        }
    }

    private int size(String name) {
        return sizes.has(name) ? sizes.get(name).getAsInt() : 1;
    }

    private void checkRange(String name) {
        int size = size(name);
        int largest = LARGEST.getOrDefault(name, Integer.MAX_VALUE);
        if (size < 1 || size > largest) {
            throw new IllegalArgumentException(
                    "a model's %s must be at %s, but is %s"
                            .formatted(
                                    name.replace("Size", " size"),
                                    size < 1 ? "least 1" : "most " + largest,
                                    size));
        }
    }

    private void checkContext() {
        if ((long) size("blockSize") * size("embedding") > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    ("a model's block size times its embedding must be less than 2^31, but they are"
                                    + " %s and %s")
                            .formatted(size("blockSize"), size("embedding")));
        }
    }

    private void checkHeads() {
        if (size("embedding") % size("heads") != 0) {
            throw new IllegalArgumentException(
                    "a model's embedding must be a multiple of its heads, but they are %s and %s"
                            .formatted(size("embedding"), size("heads")));
        }
        if ((long) size("layers") * size("heads") > MAX_HEADS) {
            throw new IllegalArgumentException(
                    ("a model's layers must have at most %s heads together, but there are %s layers"
                                    + " of %s")
                            .formatted(MAX_HEADS, size("layers"), size("heads")));
        }
    }
}
