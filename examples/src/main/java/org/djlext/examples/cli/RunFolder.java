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
import java.util.List;
import org.djlext.makemore.zoo.SavedModelFactory;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** The files of a training run, and what both ways to train refuse to do with them. */
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
    static Closeable lock(Path folder, boolean resume, CommandSpec spec) {
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
            throw new ParameterException(
                    spec.commandLine(),
                    "the folder "
                            + folder
                            + " cannot be used for a run ("
                            + e
                            + "); give another --work-dir");
        }
        throw new ParameterException(
                spec.commandLine(),
                "another run is under way in "
                        + folder
                        + "; wait for its end, or give another --work-dir");
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
    static void refuseToReplace(Path folder, CommandSpec spec) {
        if (Files.exists(folder.resolve(LAST)) || Files.exists(folder.resolve(BEST))) {
            throw new ParameterException(
                    spec.commandLine(),
                    folder
                            + " has a run already; go on with it by --resume, replace it by"
                            + " --overwrite, or give another --work-dir");
        }
    }

    /**
     * Refuses options with --resume.
     *
     * @param given the options that are given and would change the run
     * @param kept what is kept instead, such as "the settings"
     */
    static void refuseToChange(List<String> given, String kept, CommandSpec spec) {
        if (!given.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--resume goes on with "
                            + kept
                            + " of the run, so "
                            + String.join(", ", given)
                            + " cannot be given with it; --steps can");
        }
    }
}
