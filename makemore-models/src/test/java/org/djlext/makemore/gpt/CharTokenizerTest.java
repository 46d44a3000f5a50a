/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.NotEmpty;
import org.junit.jupiter.api.Test;

class CharTokenizerTest {

    @Test
    void charactersAreNumberedInTheirOrder() {
        CharTokenizer tokenizer = new CharTokenizer("hii there\n");
        assertEquals("\n ehirt", tokenizer.characters());
        assertArrayEquals(
                new long[] {3, 4, 4, 1, 6, 3, 2, 5, 2, 0}, tokenizer.encode("hii there\n"));
        assertEquals("the", tokenizer.decode(6, 3, 2));
        assertEquals(tokenizer, new CharTokenizer(tokenizer.characters()));
        assertEquals("\\n ehirt", tokenizer.toString());
    }

    @Test
    void aCharacterBeyondTheBasicPlaneIsOne() {
        CharTokenizer tokenizer = new CharTokenizer("a\ud83d\ude00\u00e9");
        assertEquals(3, tokenizer.size());
        assertArrayEquals(new long[] {2, 0, 1}, tokenizer.encode("\ud83d\ude00a\u00e9"));
    }

    @Property(tries = 100, seed = "7")
    void decodingUndoesEncoding(@ForAll @NotEmpty String text) {
        CharTokenizer tokenizer = new CharTokenizer(text);
        assertEquals(text, tokenizer.decode(tokenizer.encode(text)));
    }

    @Test
    void whatIsNotInTheVocabularyIsRefused() {
        CharTokenizer tokenizer = new CharTokenizer("ab");
        assertEquals(
                "the character 'c' (U+0063) is not among the 2 of the vocabulary; leave it out",
                assertThrows(IllegalArgumentException.class, () -> tokenizer.encode("abc"))
                        .getMessage());
        assertEquals(
                "a character's number must be from 0 to 1, but is 2",
                assertThrows(IllegalArgumentException.class, () -> tokenizer.decode(0, 2))
                        .getMessage());
        assertThrows(IllegalArgumentException.class, () -> new CharTokenizer(""));
    }
}
