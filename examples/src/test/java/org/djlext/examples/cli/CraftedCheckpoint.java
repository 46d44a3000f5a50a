/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;

/** Checkpoints without a checksum, whose content is not what it should be. */
final class CraftedCheckpoint {

    private static final String METADATA = "__metadata__";
    private static final String HEADER = "header";

    private CraftedCheckpoint() {}

    /** Changes a checkpoint in one or two places. */
    static byte[] of(byte[] valid, Random random) {
        byte[] file = valid;
        for (int i = random.nextInt(2); i >= 0; i--) {
            file = change(file, random);
        }
        return file;
    }

    private static byte[] change(byte[] file, Random random) {
        try {
            return random.nextInt(3) == 0
                    ? CraftedSafetensors.of(withMetadata(file, metadata -> {}), random)
                    : withMetadata(
                            file,
                            metadata ->
                                    metadata.addProperty(
                                            HEADER, JsonMutation.of(header(metadata), random)));
        } catch (RuntimeException e) {
            return file; // it is no longer one that can be taken apart
        }
    }

    private static JsonObject header(JsonObject metadata) {
        return JsonParser.parseString(metadata.get(HEADER).getAsString()).getAsJsonObject();
    }

    /** Changes what the file says of itself. */
    static byte[] withMetadata(byte[] valid, Consumer<JsonObject> change) {
        return with(valid, header -> change.accept(header.getAsJsonObject(METADATA)));
    }

    /** Changes what the run says of itself. */
    static byte[] withHeader(byte[] valid, Consumer<JsonObject> change) {
        return withMetadata(
                valid,
                metadata -> {
                    JsonObject header = header(metadata);
                    change.accept(header);
                    metadata.addProperty(HEADER, header.toString());
                });
    }

    /** Changes the header of the file. */
    static byte[] with(byte[] valid, Consumer<JsonObject> change) {
        JsonObject header = CraftedSafetensors.header(valid);
        JsonElement metadata = header.get(METADATA);
        if (metadata != null && metadata.isJsonObject()) {
            metadata.getAsJsonObject().remove("sha256");
        }
        change.accept(header);
        int start = Long.BYTES + CraftedSafetensors.length(valid);
        byte[] data = Arrays.copyOfRange(valid, start, valid.length);
        return CraftedSafetensors.file(header.toString(), 0, data);
    }

    /** Returns where the last number of a tensor is. */
    static int lastNumber(byte[] file, String tensor) {
        int end =
                CraftedSafetensors.header(file)
                        .getAsJsonObject(tensor)
                        .getAsJsonArray("data_offsets")
                        .get(1)
                        .getAsInt();
        return Long.BYTES + CraftedSafetensors.length(file) + end - Float.BYTES;
    }
}
