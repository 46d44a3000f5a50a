/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.files;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import java.util.Map;

/** Says why a file could not be read or written, for a sentence that names the file itself. */
public final class FileFailure {

    private static final Map<Class<? extends IOException>, String> REASONS =
            Map.of(
                    NoSuchFileException.class, "no such file or folder",
                    AccessDeniedException.class, "permission denied",
                    FileAlreadyExistsException.class, "there is a file of that name",
                    FileSystemLoopException.class, "its links lead back to it",
                    DirectoryNotEmptyException.class, "there is a folder of that name",
                    ClosedByInterruptException.class, "the thread was interrupted");

    private FileFailure() {}

    /**
     * {@return the reason in words, such as {@code no space left on device}}
     *
     * @param failure the failure of an operation on a file
     */
    public static String reason(IOException failure) {
        String known = REASONS.get(failure.getClass());
        if (known != null) {
            return known;
        }
        String reason =
                failure instanceof FileSystemException of ? of.getReason() : failure.getMessage();
        if (reason == null || reason.isEmpty()) {
            return failure.getClass().getSimpleName();
        }
        // The system's words begin with a capital, as in "No space left on device".
        boolean word = reason.length() > 1 && Character.isLowerCase(reason.charAt(1));
        return word
                ? reason.substring(0, 1).toLowerCase(Locale.ROOT) + reason.substring(1)
                : reason;
    }
}
