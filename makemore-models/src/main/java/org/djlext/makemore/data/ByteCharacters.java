/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.io.ByteArrayOutputStream;
import java.util.HashMap;
import java.util.Map;

/**
 * How GPT-2's files write bytes that need not be text: a character for each. Bytes that are visible
 * in Latin-1 stand for themselves, the others for the characters from U+0100 on, so that a space is
 * Ġ and a line end Ċ. This is {@code bytes_to_unicode} of GPT-2, and its order that of the numbers
 * 0 to 255.
 */
final class ByteCharacters {

    /** How many bytes there are. */
    static final int COUNT = 256;

    private static final int[] ORDER = new int[COUNT]; // number to byte
    private static final char[] CHARACTERS = new char[COUNT]; // byte to character
    private static final Map<Character, Integer> BYTES = new HashMap<>();

    static {
        int number = 0;
        for (int b = 0; b < COUNT; b++) {
            if (isVisible(b)) {
                ORDER[number++] = b;
                CHARACTERS[b] = (char) b;
            }
        }
        for (int b = 0, other = COUNT; b < COUNT; b++) {
            if (!isVisible(b)) {
                ORDER[number++] = b;
                CHARACTERS[b] = (char) other++;
            }
        }
        for (int b = 0; b < COUNT; b++) {
            BYTES.put(CHARACTERS[b], b);
        }
    }

    private ByteCharacters() {}

    // From ! to ~, and the same of the upper half but for the soft hyphen.
    private static boolean isVisible(int b) {
        return (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
    }

    /** Returns the byte, from 0 to 255, of a number from 0 to 255. */
    static int byteOf(int number) {
        return ORDER[number];
    }

    /** Writes bytes as characters. */
    static String write(byte... bytes) {
        StringBuilder text = new StringBuilder(bytes.length);
        for (byte b : bytes) {
            text.append(CHARACTERS[Byte.toUnsignedInt(b)]);
        }
        return text.toString();
    }

    /**
     * Reads characters as bytes.
     *
     * @throws IllegalArgumentException if one stands for no byte
     */
    static byte[] read(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        for (int i = 0; i < text.length(); i++) {
            Integer b = BYTES.get(text.charAt(i));
            if (b == null) {
                throw new IllegalArgumentException(
                        String.format(
                                "a token must be written in GPT-2's characters for bytes, but has"
                                        + " U+%04X",
                                (int) text.charAt(i)));
            }
            bytes.write(b);
        }
        return bytes.toByteArray();
    }
}
