/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.util.zip.ZipException;
import org.djlext.files.FileFailure;
import org.jspecify.annotations.Nullable;

/**
 * Reads the characters of a {@link TextSource} as people mean them, and refuses what is not text in
 * a sentence that names the source and the line.
 *
 * <p>Text is UTF-8, with or without a byte order mark, or UTF-16 with one. Line ends, whether LF,
 * CRLF or CR, become LF, as Python's {@code open} makes them. What {@link Characters} says of each
 * character holds for all.
 */
final class TextReader implements Closeable {

    private static final int BUFFER = 1 << 13;

    private final TextSource source;
    private final InputStream in;
    private final TextEncoding encoding;
    private final CharsetDecoder decoder;
    private final ByteBuffer bytes = ByteBuffer.allocate(BUFFER).limit(0);
    private final CharBuffer chars = CharBuffer.allocate(BUFFER).limit(0);
    private boolean endOfBytes;
    private boolean afterCarriageReturn;
    private int line = 1;

    private TextReader(TextSource source, InputStream in) throws IOException {
        this.source = source;
        this.in = in;
        fill();
        encoding = TextEncoding.of(bytes, source.name());
        decoder = encoding.charset().newDecoder();
    }

    /**
     * Opens a source.
     *
     * @throws DataFileException if it cannot be opened, or does not start like text
     */
    static TextReader open(TextSource source) {
        try {
            InputStream in = source.open();
            try {
                return new TextReader(source, in);
            } catch (IOException | RuntimeException e) {
                in.close();
                throw e;
            }
        } catch (IOException e) {
            throw unreadable(source, e);
        }
    }

    /** Says where the reader is: line 3 of names.txt. */
    String where() {
        return "line " + line + " of " + source.name();
    }

    /** Reads a line without its end, or returns null at the end of the source. */
    @Nullable String readLine(int maxLength) {
        StringBuilder text = new StringBuilder();
        int c = read();
        if (c < 0) {
            return null;
        }
        for (; c >= 0 && c != '\n'; c = read()) {
            if (text.length() == maxLength) {
                throw new DataFileException(
                        where() + " has more than " + maxLength + " characters; shorten it");
            }
            text.append((char) c);
        }
        return text.toString();
    }

    /** Appends all the rest to a text, which may become so long. */
    void readAll(StringBuilder text, long maxLength) {
        for (int c = read(); c >= 0; c = read()) {
            if (text.length() >= maxLength) {
                throw new DataFileException(
                        ("%s has more than the %s characters that fit into memory; start java with"
                                        + " a larger -Xmx, or give less text")
                                .formatted(source.name(), maxLength));
            }
            text.append((char) c);
        }
    }

    /** Returns the next character, or -1 at the end. */
    private int read() {
        while (true) {
            int c = decoded();
            if (c == '\n' && afterCarriageReturn) {
                afterCarriageReturn = false; // the second half of CRLF
                continue;
            }
            afterCarriageReturn = c == '\r';
            if (c < 0) {
                return c;
            }
            if (c == '\n' || c == '\r') {
                line++;
                return '\n';
            }
            int meant = Characters.meant((char) c);
            if (meant == Characters.REFUSED) {
                throw new DataFileException(where() + " " + Characters.refusal((char) c));
            }
            if (meant != Characters.NOTHING) {
                return meant;
            }
        }
    }

    private int decoded() {
        while (!chars.hasRemaining()) {
            chars.clear();
            CoderResult result = decoder.decode(bytes, chars, endOfBytes);
            chars.flip();
            // What was decoded before the error is handed out first, for the number of the line.
            if (!chars.hasRemaining()) {
                if (result.isError()) {
                    throw new DataFileException(
                            where() + " " + encoding.malformed(bytes.get(bytes.position())));
                }
                if (endOfBytes) {
                    return -1;
                }
                try {
                    fill();
                } catch (IOException e) {
                    throw unreadable(source, e);
                }
            }
        }
        return chars.get();
    }

    private void fill() throws IOException {
        bytes.compact();
        while (bytes.hasRemaining() && !endOfBytes) {
            int count = in.read(bytes.array(), bytes.position(), bytes.remaining());
            if (count < 0) {
                endOfBytes = true;
            } else {
                bytes.position(bytes.position() + count);
            }
        }
        bytes.flip();
    }

    private static DataFileException unreadable(TextSource source, IOException e) {
        boolean damaged = e instanceof ZipException || e instanceof EOFException;
        return new DataFileException(
                source.name()
                        + (damaged
                                ? " is a gzip file that is damaged or cut off; compress it again"
                                : " cannot be read: " + FileFailure.reason(e)));
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            throw unreadable(source, e);
        }
    }
}
