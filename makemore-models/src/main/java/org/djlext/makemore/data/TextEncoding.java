/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;

/** How the characters of a source are written in bytes, found by how it starts. */
enum TextEncoding {
    /** With or without a mark, which UTF-8 does not need. */
    UTF_8(StandardCharsets.UTF_8, "efbbbf"),
    /** The encoding that Windows calls Unicode. */
    UTF_16LE(StandardCharsets.UTF_16LE, "fffe"),
    /** The other order of bytes. */
    UTF_16BE(StandardCharsets.UTF_16BE, "feff");

    private static final int LOOKED_AT = 1 << 10;

    // The least share of zeros among every other byte by which UTF-16 without a mark is known.
    private static final double ZEROS = 0.3;

    private static final Map<String, String> OTHERS =
            Map.of(
                    "fffe0000", "text in UTF-32",
                    "0000feff", "text in UTF-32",
                    "504b0304", "a zip archive or a document of an office program",
                    "25504446", "a PDF",
                    "fd377a58", "compressed with xz",
                    "425a6839", "compressed with bzip2",
                    "28b52ffd", "compressed with zstd");

    private final Charset charset;
    private final String mark; // in hexadecimal digits

    TextEncoding(Charset charset, String mark) {
        this.charset = charset;
        this.mark = mark;
    }

    Charset charset() {
        return charset;
    }

    /**
     * Finds the encoding by the first bytes of a source, and moves past its mark.
     *
     * @throws DataFileException if they cannot be the start of text in one of these encodings
     */
    static TextEncoding of(ByteBuffer start, String name) {
        OTHERS.forEach(
                (magic, what) -> {
                    if (startsWith(start, magic)) {
                        throw new DataFileException(
                                name + " is " + what + "; give text in UTF-8, or that with gzip");
                    }
                });
        for (TextEncoding encoding : values()) {
            if (startsWith(start, encoding.mark)) {
                start.position(start.position() + encoding.mark.length() / 2);
                return encoding;
            }
        }
        for (TextEncoding encoding : new TextEncoding[] {UTF_16LE, UTF_16BE}) {
            if (zeros(start, encoding == UTF_16LE ? 1 : 0) > ZEROS
                    && zeros(start, encoding == UTF_16LE ? 0 : 1) == 0) {
                throw new DataFileException(
                        ("%s looks like %s without a byte order mark; convert it with iconv -f %s"
                                        + " -t UTF-8")
                                .formatted(name, encoding.charset, encoding.charset));
            }
        }
        return UTF_8;
    }

    private static boolean startsWith(ByteBuffer start, String hex) {
        byte[] mark = HexFormat.of().parseHex(hex);
        return start.remaining() >= mark.length
                && start.slice(start.position(), mark.length).equals(ByteBuffer.wrap(mark));
    }

    /** Returns the share of zeros among the bytes at odd or even places. */
    private static double zeros(ByteBuffer start, int first) {
        int zeros = 0;
        int count = 0;
        for (int i = first; i < Math.min(LOOKED_AT, start.remaining()); i += 2) {
            zeros += start.get(start.position() + i) == 0 ? 1 : 0;
            count++;
        }
        return count == 0 ? 0 : (double) zeros / count;
    }

    /** Says, after the name of a line, that its bytes are not of this encoding. */
    String malformed(byte first) {
        String hint =
                this == UTF_8
                        ? "; if the file is in Latin-1 or another encoding of one byte a character,"
                                + " convert it with iconv -f ISO-8859-1 -t UTF-8"
                        : "; the file may be cut off";
        return String.format("is not %s: it has the byte 0x%02x%s", charset, first, hint);
    }
}
