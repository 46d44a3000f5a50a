/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes the zip file that the engine loads a TorchScript module from: the source of one class, and
 * a pickle that says "an object of that class, without attributes".
 */
final class ScriptArchive {

    static final String CLASS_NAME = "Op";
    static final String SOURCE_FILE = "code/__torch__.py";

    // The version of the operators' meaning, not of the file: a lower one would give, say, a gelu
    // without "approximate". Every libtorch 2.x writes this one.
    private static final String VERSION = "10\n";

    // Pickles in the protocol 2 that the engine reads. data.pkl: protocol 2, the class
    // "__torch__ Op", an empty tuple, make the object from both, an empty dict, set the object's
    // state to it, stop. constants.pkl: protocol 2, an empty tuple, stop.
    private static final String DATA = "\u0080\u0002c__torch__\n" + CLASS_NAME + "\n)\u0081}b.";
    private static final String CONSTANTS = "\u0080\u0002).";

    private ScriptArchive() {}

    /** Returns the archive of a module whose class has this source. */
    static byte[] write(String source) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            put(zip, "version", VERSION.getBytes(StandardCharsets.US_ASCII));
            put(zip, "data.pkl", DATA.getBytes(StandardCharsets.ISO_8859_1));
            put(zip, "constants.pkl", CONSTANTS.getBytes(StandardCharsets.ISO_8859_1));
            put(zip, SOURCE_FILE, source.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
        zip.putNextEntry(new ZipEntry("op/" + name));
        zip.write(content);
        zip.closeEntry();
    }
}
