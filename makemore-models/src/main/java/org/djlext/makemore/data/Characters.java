/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

/**
 * What the characters of a data file mean. A model learns every character that it is given, so what
 * nobody sees must not become a letter of the alphabet.
 *
 * <p>Byte order marks, which stand in the middle of a file when two were joined, zero-width spaces
 * and marks of direction are left out. No-break spaces become spaces. The zero-width joiner and
 * non-joiner remain, as Persian, Hindi and emoji are written with them. Control characters but for
 * the tab, and the character that stands for a failed conversion, are refused.
 */
final class Characters {

    /** What {@link #meant} returns for a character that is left out. */
    static final int NOTHING = -1;

    /** What {@link #meant} returns for a character that no text has. */
    static final int REFUSED = -2;

    private static final char REPLACEMENT = '\uFFFD';

    private Characters() {}

    /** {@return what stands for a character: a character, {@link #NOTHING} or {@link #REFUSED}} */
    static int meant(char c) {
        if (c > ' ' && c < 0x7F) {
            return c;
        }
        return switch (c) {
            case '\t', ' ' -> c;
            case '\f', '\u000B' -> ' '; // form feed, vertical tab
            case '\u00A0', '\u2007', '\u202F' -> ' '; // no-break, figure, narrow no-break space
            case '\uFEFF', '\u200B', '\u2060', '\u00AD' -> // mark, zero width, word joiner, hyphen
                    NOTHING;
            case '\u200E', '\u200F', '\u061C' -> NOTHING; // direction of one character
            case '\u0085', '\u2028', '\u2029' -> ' '; // line ends that no program writes as such
            case REPLACEMENT -> REFUSED;
            default -> isDirection(c) ? NOTHING : Character.isISOControl(c) ? REFUSED : c;
        };
    }

    // Embeddings, overrides and isolates.
    private static boolean isDirection(char c) {
        return (c >= '\u202A' && c <= '\u202E') || (c >= '\u2066' && c <= '\u2069');
    }

    /** Says, after the name of a line, why a character is refused. */
    static String refusal(char c) {
        String code = String.format("U+%04X", (int) c);
        if (c == REPLACEMENT) {
            return "has " + code + ", which stands for what a conversion has lost; convert anew";
        }
        return "has the control character "
                + code
                + ", so this is not a file of text, or it is in UTF-16 without a byte order mark";
    }

    /** Returns text without the white space and the joiners around it. */
    static String strip(String text) {
        int from = 0;
        int to = text.length();
        while (from < to && isBlank(text.charAt(from))) {
            from++;
        }
        while (from < to && isBlank(text.charAt(to - 1))) {
            to--;
        }
        return text.substring(from, to);
    }

    private static boolean isBlank(char c) {
        return Character.isWhitespace(c) || c == '\u200C' || c == '\u200D';
    }
}
