/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Reads files that may be anything: a device without an end, or more than the memory holds.
 *
 * <p>What goes wrong is an {@link IOException} whose message says it in a clause without a subject,
 * such as "does not exist", to be put after the name of the file.
 */
public final class InputFile {

    // What is read is in memory twice for a while: as bytes and as what is made of them.
    private static final long SHARE_OF_MEMORY = 2;
    private static final long MIB = 1 << 20;

    private InputFile() {}

    /**
     * Checks that something is a file that can be read into memory.
     *
     * @param file the file
     * @return its size in bytes
     * @throws IOException if it is not there, is no regular file, or is too large
     */
    public static long check(Path file) throws IOException {
        checkRegular(file);
        long size = Files.size(file);
        long most =
                Math.min(Runtime.getRuntime().maxMemory() / SHARE_OF_MEMORY, Integer.MAX_VALUE - 8);
        if (size > most) {
            throw new FileSystemException(
                    "has "
                            + size / MIB
                            + " MiB, more than the "
                            + most / MIB
                            + " that fit into memory; start java with a larger -Xmx");
        }
        return size;
    }

    /**
     * Checks that something is a file, of any size.
     *
     * @param file the file
     * @throws IOException if it is not there, or is no regular file
     */
    public static void checkRegular(Path file) throws IOException {
        if (!Files.exists(file)) {
            throw new NoSuchFileException("does not exist");
        }
        if (!Files.isRegularFile(file)) {
            throw new FileSystemException("is " + kind(file) + "; give a file");
        }
    }

    /**
     * Reads a file.
     *
     * @param file the file
     * @return its bytes
     * @throws IOException if {@link #check} refuses it, or it cannot be read
     */
    public static byte[] readBytes(Path file) throws IOException {
        int size = (int) check(file);
        try (InputStream in = Files.newInputStream(file)) {
            // No more than was there at first, even if the file grows.
            return in.readNBytes(size);
        } catch (IOException e) {
            throw new IOException("cannot be read (" + FileFailure.reason(e) + ")", e);
        }
    }

    /**
     * Reads a file of text.
     *
     * @param file the file
     * @return its text
     * @throws IOException if {@link #check} refuses it, or it cannot be read or is not in UTF-8
     */
    public static String readString(Path file) throws IOException {
        return decode(readBytes(file));
    }

    /**
     * Decodes text.
     *
     * @param bytes the text in UTF-8
     * @return the text
     * @throws IOException if the bytes are not UTF-8
     */
    public static String decode(byte[] bytes) throws IOException {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new IOException("must be text in UTF-8, but is not", e);
        }
    }

    /** Says what something is that is no regular file. */
    static String kind(Path file) {
        return Files.isDirectory(file) ? "a directory" : "a device or a pipe";
    }
}
