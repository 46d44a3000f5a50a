/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.distributed;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What the engine says about why ranks do not come together, in one line. */
final class FailureReason {

    private static final Pattern PLACE_IN_SOURCE = Pattern.compile("^\\[[^\\]]*:\\d+\\] ");
    private static final Pattern GLOO = Pattern.compile("\\[[^\\]]*gloo/[^\\]]*:\\d+\\] [^\\n]*");

    private FailureReason() {}

    /** Returns the first line of a message, without the place in the engine's source. */
    static String of(Throwable e) {
        String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        return PLACE_IN_SOURCE.matcher(message).replaceFirst("");
    }

    /** Returns what gloo says in a message; null if it says nothing. */
    static @Nullable String ofCollective(Throwable e) {
        var found = GLOO.matcher(String.valueOf(e.getMessage()));
        return found.find() ? PLACE_IN_SOURCE.matcher(found.group()).replaceFirst("") : null;
    }

    static boolean isConnectionLost(String reason) {
        // What the system says, and what libtorch says at the end of what it reads.
        return reason.contains("Connection reset")
                || reason.contains("Broken pipe")
                || reason.contains("failed to recv, got 0 bytes");
    }

    static boolean isTimeout(String reason) {
        return reason.startsWith("Timed out");
    }
}
