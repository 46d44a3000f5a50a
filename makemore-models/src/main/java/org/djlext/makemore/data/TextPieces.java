/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * GPT-2's rule for splitting: words with the space before them, numbers, signs and white space are
 * pieces, and no token goes beyond one.
 */
final class TextPieces {

    // As in GPT-2's encoder.py; \s is all white space of Unicode.
    private static final Pattern PIECE =
            Pattern.compile(
                    "(?U)'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+"
                            + "|\\s+(?!\\S)|\\s+");

    private TextPieces() {}

    /** Passes on the pieces of a text in order. */
    static void split(String text, Consumer<String> pieces) {
        Matcher matcher = PIECE.matcher(text);
        while (matcher.find()) {
            pieces.accept(matcher.group());
        }
    }

    /**
     * Returns the tokens of the bytes of a piece.
     *
     * @throws IllegalArgumentException if it has half of a surrogate pair, which no text has
     */
    static int[] tokens(String piece, int... tokenOfByte) {
        try {
            ByteBuffer utf8 = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(piece));
            return IntStream.range(0, utf8.remaining())
                    .map(i -> tokenOfByte[Byte.toUnsignedInt(utf8.get(i))])
                    .toArray();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(
                    "a text must not have half of a surrogate pair, but has", e);
        }
    }
}
