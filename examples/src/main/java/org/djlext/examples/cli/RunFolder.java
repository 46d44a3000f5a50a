/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import org.djlext.examples.report.RunReport;
import org.djlext.files.FileFailure;
import org.djlext.files.OutputFile;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.zoo.SavedModelFactory;
import org.jspecify.annotations.Nullable;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The folder of a run, locked against other runs until this is closed or the process ends in
 * whatever way.
 *
 * <p>The file of the lock says which launch has started the run. So processes that were started
 * again know whether the run in the folder is theirs, or an older one that they are to replace.
 */
final class RunFolder implements Closeable {

    /** The file with the run as it was last saved. */
    static final String LAST = "last.safetensors";

    /** The file with the run as it was at its lowest dev or validation loss. */
    static final String BEST = "best.safetensors";

    private static final String LOCK = "lock";
    private static final int LONGEST = 1000; // bytes of the name of a launch

    private final Path folder;
    private final boolean isNew;
    private final @Nullable FileChannel channel;

    private RunFolder(Path folder, boolean isNew, @Nullable FileChannel channel) {
        this.folder = folder;
        this.isNew = isNew;
        this.channel = channel;
    }

    /** Returns the file with the best model, or the last if none was the best yet. */
    static Path model(Path folder) {
        Path best = folder.resolve(BEST);
        return Files.exists(best) ? best : folder.resolve(LAST);
    }

    /** Tells whether a folder has a run. */
    static boolean hasRun(Path folder) {
        return Files.exists(folder.resolve(LAST)) || Files.exists(folder.resolve(BEST));
    }

    /** Refuses a folder that has a run, or files of something else that a run would replace. */
    static void refuseToReplace(Path folder) {
        if (hasRun(folder)) {
            throw new Mistake(
                    "%s has a run already; resume it by --resume, replace it by --overwrite, or"
                            + " give another --work-dir",
                    folder);
        }
        for (String name : RunReport.FILES) {
            if (Files.exists(folder.resolve(name))) {
                throw new Mistake(
                        "%s has a file %s, which a run would replace; allow it by --overwrite, or"
                                + " give another --work-dir",
                        folder, name);
            }
        }
    }

    /** Refuses a file that is the checkpoint of a run. */
    static void refuseCheckpoint(Path file) {
        if (file.endsWith(LAST) || file.endsWith(BEST)) {
            throw new Mistake("%s is the name of a run's checkpoint; give another", file);
        }
    }

    /** Returns a folder that another process has locked, or that is not there. */
    static RunFolder unlocked(Path folder) {
        return new RunFolder(folder, false, null);
    }

    /** Locks a folder, which is made if it is not there. */
    static RunFolder lock(Path folder) {
        boolean isNew = !Files.exists(folder);
        try {
            Files.createDirectories(folder);
            FileChannel channel =
                    FileChannel.open(
                            folder.resolve(LOCK),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE,
                            LinkOption.NOFOLLOW_LINKS);
            if (isLocked(channel)) {
                return new RunFolder(folder, isNew, channel);
            }
            channel.close();
        } catch (IOException e) {
            throw unusable(folder, e);
        }
        throw new Mistake(
                "another run is under way in %s; wait for its end, or give another --work-dir",
                folder);
    }

    private static Mistake unusable(Path folder, IOException e) {
        return new Mistake(
                "the folder %s cannot be used for a run (%s); give another --work-dir",
                folder, FileFailure.reason(e));
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false; // a run in this process
        }
    }

    Path path() {
        return folder;
    }

    /** Returns the file with the run as it was last saved. */
    Path last() {
        return folder.resolve(LAST);
    }

    /** Returns the file with the run as it was at its lowest dev or validation loss. */
    Path best() {
        return folder.resolve(BEST);
    }

    /** Saves a run if it has never been better, together with all other ranks. */
    void saveIfBest(Training run) {
        if (run.isNewBest()) {
            run.write(best());
        }
    }

    /** Tells whether the folder has a run that was started by a launch. */
    boolean hasRunOf(String launch) {
        if (channel == null || !Files.exists(last())) {
            return false;
        }
        try {
            ByteBuffer name = ByteBuffer.allocate(LONGEST);
            channel.read(name, 0);
            return StandardCharsets.UTF_8.decode(name.flip()).toString().equals(launch);
        } catch (IOException e) {
            throw unusable(folder, e);
        }
    }

    /** Makes the folder ready for a new run of a launch, without what an older one has left. */
    void begin(String launch) {
        if (channel == null) {
            return;
        }
        try {
            OutputFile.deleteIfExists(best());
            OutputFile.deleteIfExists(last());
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(launch.getBytes(StandardCharsets.UTF_8)), 0);
            SavedModelFactory.describe(folder);
        } catch (IOException e) {
            throw unusable(folder, e);
        }
    }

    /** Ends the lock, and leaves nothing behind if there was no run. */
    @Override
    public void close() throws IOException {
        if (channel == null) {
            return;
        }
        try (channel) {
            if (!hasRun(folder)) {
                Files.delete(folder.resolve(LOCK));
                if (isNew) {
                    Files.delete(folder);
                }
            }
        } catch (DirectoryNotEmptyException e) {
            return; // someone has put something else there
        }
    }

    @Override
    public String toString() {
        return folder.toString();
    }
}
