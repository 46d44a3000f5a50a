/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.djlext.makemore.zoo.SavedModelFactory;

/** The files of a training run, and what training refuses to do with them. */
final class RunFolder {

    /** The file with the run as it was last saved. */
    static final String LAST = "last.safetensors";

    /** The file with the run as it was at its lowest dev or validation loss. */
    static final String BEST = "best.safetensors";

    private static final String LOCK = "lock";

    private RunFolder() {}

    /**
     * Locks the folder against another run, until the lock is closed or the process ends in
     * whatever way. The folder is made if it is not there, unless it is to have a run.
     */
    static Closeable lock(Path folder, boolean resume) {
        if (resume && !Files.exists(folder)) {
            return () -> {};
        }
        try {
            Files.createDirectories(folder);
            FileChannel channel =
                    FileChannel.open(
                            folder.resolve(LOCK),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE,
                            LinkOption.NOFOLLOW_LINKS);
            if (isLocked(channel)) {
                SavedModelFactory.describe(folder);
                return channel;
            }
            channel.close();
        } catch (IOException e) {
            throw new Mistake(
                    "the folder %s cannot be used for a run (%s); give another --work-dir",
                    folder, e);
        }
        throw new Mistake(
                "another run is under way in %s; wait for its end, or give another --work-dir",
                folder);
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false; // a run in this process
        }
    }

    /** Returns the file with the best model, or the last if none was the best yet. */
    static Path model(Path folder) {
        Path best = folder.resolve(BEST);
        return Files.exists(best) ? best : folder.resolve(LAST);
    }

    /** Refuses a folder that has a run. */
    static void refuseToReplace(Path folder) {
        if (Files.exists(folder.resolve(LAST)) || Files.exists(folder.resolve(BEST))) {
            throw new Mistake(
                    "%s has a run already; resume it by --resume, replace it by --overwrite, or"
                            + " give another --work-dir",
                    folder);
        }
    }
}
