/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.function.Executable;

/** What calls that must fail say. */
public final class Failures {

    private Failures() {}

    /**
     * Fails unless an argument is refused with this message.
     *
     * @param message the message
     * @param call what must fail
     */
    public static void assertRefused(String message, Executable call) {
        assertFails(IllegalArgumentException.class, message, call);
    }

    /**
     * Fails unless an argument is refused with this part of a message.
     *
     * @param part what the message must hold
     * @param call what must fail
     */
    public static void assertRefusedSaying(String part, Executable call) {
        assertFailsSaying(IllegalArgumentException.class, call, part);
    }

    /**
     * Fails unless the call throws such an exception with this message.
     *
     * @param type the type of the exception
     * @param message the message
     * @param call what must fail
     */
    public static void assertFails(
            Class<? extends Throwable> type, String message, Executable call) {
        assertEquals(message, message(type, call));
    }

    /**
     * Fails unless the call throws such an exception with all of these parts in its message.
     *
     * @param type the type of the exception
     * @param call what must fail
     * @param parts what the message must hold
     */
    public static void assertFailsSaying(
            Class<? extends Throwable> type, Executable call, String... parts) {
        assertContains(message(type, call), parts);
    }

    /**
     * {@return the message of the exception that the call must throw}
     *
     * @param type the type of the exception
     * @param call what must fail
     */
    public static String message(Class<? extends Throwable> type, Executable call) {
        return String.valueOf(assertThrows(type, call).getMessage());
    }

    /**
     * Fails unless all parts are in the text.
     *
     * @param text the text
     * @param parts what it must hold
     */
    public static void assertContains(String text, String... parts) {
        for (String part : parts) {
            assertTrue(text.contains(part), () -> "\"" + part + "\" is not in: " + text);
        }
    }
}
