/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether a checkpoint has been replaced: the first is written before the first step, the
 * second after as many steps as lie between two.
 */
final class CheckpointCount implements BooleanSupplier {

    private final Path file;
    private final Set<Object> seen = new HashSet<>();

    CheckpointCount(Path file) {
        this.file = file;
    }

    @Override
    public boolean getAsBoolean() {
        Object now = version();
        if (now != null) {
            seen.add(now);
        }
        return seen.size() > 1;
    }

    private @Nullable Object version() {
        try {
            return Files.readAttributes(file, BasicFileAttributes.class).lastModifiedTime();
        } catch (IOException e) {
            return null; // not there yet
        }
    }
}
