/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import ai.djl.util.Utils;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import org.djlext.files.InputFile;
import org.djlext.files.OutputFile;

/**
 * A data file of the lectures, which is fetched from where it is published and kept in DJL's cache
 * directory.
 *
 * @param what what it is, for messages
 * @param name its name on this machine
 * @param url where it is published
 * @param sha256 the hash of its content, in hexadecimal digits
 */
public record PublishedFile(String what, String name, String url, String sha256) {

    private static final int MAX_SIZE = 1 << 24; // more than any of them has
    private static final int TIMEOUT_MILLIS = 20_000;

    /**
     * {@return the file, if it is in the folder that the environment variable MAKEMORE_DATA names,
     * or in DJL's cache directory}
     */
    public Optional<Path> findLocal() {
        String folder = System.getenv("MAKEMORE_DATA");
        Path given = folder == null ? null : Path.of(folder, name);
        if (given != null && Files.exists(given)) {
            return Optional.of(given);
        }
        return Files.exists(cachedFile()) ? Optional.of(cachedFile()) : Optional.empty();
    }

    /**
     * {@return the file as {@link #findLocal()} finds it, or else fetched}
     *
     * @throws DataFileException if it cannot be fetched, or is not the file that the lectures used
     */
    public Path download() {
        Optional<Path> local = findLocal();
        if (local.isPresent() && sha256.equals(hash(local.get()))) {
            return local.get();
        }
        Path file = cachedFile();
        try {
            Files.createDirectories(file.getParent());
            // Only a whole and checked file ever has the name that is looked for above.
            OutputFile.write(file, this::fetch);
            return file;
        } catch (IOException e) {
            throw new DataFileException(
                    ("%s cannot be fetched from %s, because %s; if you have the file, give it with"
                                    + " --data FILE, or --text FILE")
                            .formatted(what, url, reason(e)));
        }
    }

    private static String reason(IOException e) {
        if (e instanceof UnknownHostException) {
            return "no address is known for its host, so there may be no network";
        }
        if (e instanceof SocketTimeoutException || e instanceof ConnectException) {
            return "its host does not answer (" + e.getMessage() + ")";
        }
        return "of " + e;
    }

    private Path cachedFile() {
        return Utils.getCacheDir().resolve("makemore").resolve(name);
    }

    private void fetch(OutputStream out) throws IOException {
        var connection = URI.create(url).toURL().openConnection();
        connection.setConnectTimeout(TIMEOUT_MILLIS);
        connection.setReadTimeout(TIMEOUT_MILLIS);
        try (InputStream in = connection.getInputStream()) {
            byte[] content = in.readNBytes(MAX_SIZE);
            String actual = sha256(content);
            if (!sha256.equals(actual)) {
                throw new DataFileException(
                        "%s from %s must have sha256 %s, but has %s"
                                .formatted(what, url, sha256, actual));
            }
            out.write(content);
        }
    }

    private String hash(Path file) {
        try {
            return sha256(InputFile.readBytes(file));
        } catch (IOException e) {
            throw new DataFileException(what + ", " + file + ", " + e.getMessage());
        }
    }

    /**
     * {@return the sha256 of some content in hexadecimal digits, to tell it from other content}
     *
     * @param content the content
     */
    public static String sha256(byte[] content) {
        return HexFormat.of().formatHex(newDigest().digest(content));
    }

    static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
