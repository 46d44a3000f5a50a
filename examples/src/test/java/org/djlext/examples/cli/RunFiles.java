/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

import org.djlext.makemore.train.Checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What commands have left in files. */
final class RunFiles {

    private static final Pattern DATA = Pattern.compile("(?s)id=\"data\">(.*?)</script>");

    private RunFiles() {}

    /** Returns the loss of each step of a run, as it has kept them. */
    static float[] losses(Path run) {
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            return Checkpoint.read(run.resolve(RunFolder.LAST), manager)
                    .tensor("losses")
                    .toFloatArray();
        }
    }

    /** Returns what a report says of its run. */
    static JsonObject report(Path page) throws IOException {
        Matcher data = DATA.matcher(Files.readString(page));
        assertTrue(data.find(), "the data");
        JsonObject all = JsonParser.parseString(data.group(1)).getAsJsonObject();
        return all.getAsJsonArray("runs").get(0).getAsJsonObject();
    }
}
