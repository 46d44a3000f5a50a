/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.files;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes files so that there is the old file or the new one, whole, whenever the process or the
 * machine stops: under another name first, forced to the disk, and then renamed.
 *
 * <p>A symbolic link stays, and the file that it leads to is replaced. The new file has the
 * permissions of the old one. Anything but a regular file, such as a device, is left alone.
 */
public final class OutputFile {

    private static final String PART = ".part";
    private static final int MAX_LINKS = 40; // as Linux has it

    /** Writes the content of a file. */
    @FunctionalInterface
    public interface Content {
        /**
         * Writes it.
         *
         * @param out where to; it is closed by the caller
         * @throws IOException if that fails
         */
        void writeTo(OutputStream out) throws IOException;
    }

    private OutputFile() {}

    /**
     * Writes a file. If that fails the old file is as it was, and nothing else is left.
     *
     * @param file the file, which is replaced if it is there; its folder must be there
     * @param content what is in it
     * @throws IOException if it cannot be written, or is no regular file
     */
    public static void write(Path file, Content content) throws IOException {
        Path target = target(file);
        Path part = target.resolveSibling(target.getFileName() + PART);
        // Left by a process that was killed, or planted: whatever it is, it is not written to.
        Files.deleteIfExists(part);
        try (FileChannel channel =
                FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            Object created = key(part);
            try {
                keepPermissions(target, part);
                OutputStream out = Channels.newOutputStream(channel);
                content.writeTo(out);
                out.flush();
                channel.force(true);
                if (!Objects.equals(created, key(part))) {
                    throw new FileSystemException(
                            file.toString(), null, "another process writes it at the same time");
                }
                move(part, target);
            } catch (Throwable e) {
                if (Objects.equals(created, key(part))) {
                    Files.deleteIfExists(part);
                }
                throw e;
            }
        }
        forceFolder(target);
    }

    /**
     * Writes a file of text in UTF-8.
     *
     * @param file the file, which is replaced if it is there; its folder must be there
     * @param text what is in it
     * @throws IOException if it cannot be written, or is no regular file
     */
    public static void writeString(Path file, String text) throws IOException {
        write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * Deletes a file if it is there; a symbolic link to it stays.
     *
     * @param file the file
     * @throws IOException if it cannot be deleted, or is no regular file
     */
    public static void deleteIfExists(Path file) throws IOException {
        Files.deleteIfExists(target(file));
    }

    /** Follows links to where a regular file is, or may be made. */
    private static Path target(Path file) throws IOException {
        Path target = file.toAbsolutePath();
        for (int links = 0; Files.isSymbolicLink(target); links++) {
            if (links == MAX_LINKS) {
                throw new FileSystemLoopException(file.toString());
            }
            target = target.resolveSibling(Files.readSymbolicLink(target));
        }
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)
                && !Files.isRegularFile(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileSystemException(
                    file.toString(),
                    null,
                    "it is " + InputFile.kind(target) + ", which is not replaced");
        }
        return target;
    }

    private static @Nullable Object key(Path part) {
        try {
            return Files.readAttributes(part, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .fileKey();
        } catch (IOException e) {
            return null;
        }
    }

    private static void keepPermissions(Path target, Path part) throws IOException {
        PosixFileAttributeView view =
                Files.getFileAttributeView(part, PosixFileAttributeView.class);
        if (view != null && Files.exists(target)) {
            view.setPermissions(Files.getPosixFilePermissions(target));
        }
    }

    private static void move(Path part, Path target) throws IOException {
        try {
            Files.move(
                    part,
                    target,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    // So that the new name is on the disk too; not every system can open a folder.
    private static void forceFolder(Path target) {
        try (FileChannel channel =
                FileChannel.open(
                        Objects.requireNonNull(target.getParent(), "a file has a folder"),
                        StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            return;
        }
    }
}
