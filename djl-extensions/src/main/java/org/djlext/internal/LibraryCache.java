/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.internal;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A folder of native libraries, each as {@code <sha256>/<name>}, that any number of processes use
 * at the same time. What is loaded becomes code of this process, so a file counts only if it has
 * the very content and if no other user (root excepted) can change it or a folder on the way to it.
 *
 * @param folder the folder; it is made if it is not there
 */
record LibraryCache(Path folder) {

    /**
     * Puts a library there unless it is there already.
     *
     * @param copy which of several files of the same content; 0 is the first
     * @throws IOException if it cannot be written, or somebody else could write to it
     */
    Path put(String name, byte[] content, int copy) throws IOException {
        Path parent = folder.toAbsolutePath().getParent();
        if (parent != null) {
            // DJL's own, which may be a link to a larger disk.
            requireOwn(Files.createDirectories(parent, ownerOnly(parent)).toRealPath());
        }
        Path place = ownFolder(folder);
        place = ownFolder(place.resolve(sha256(content)));
        if (copy > 0) {
            place = ownFolder(place.resolve(Integer.toString(copy)));
        }
        Path file = place.resolve(name);
        return holds(file, content) ? file : write(place, name, content);
    }

    /** Writes a file that is there whole or not at all, and is its owner's alone. */
    static Path write(Path place, String name, byte[] content) throws IOException {
        Path file = place.resolve(name);
        Path part = Files.createTempFile(place, name, ".part");
        try {
            Files.write(part, content);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            // Windows does not replace a library that another process has put there and loaded.
            if (!holds(file, content)) {
                throw e;
            }
        } finally {
            Files.deleteIfExists(part);
        }
        return file;
    }

    private static Path ownFolder(Path path) throws IOException {
        if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            try {
                Files.createDirectory(path, ownerOnly(path));
            } catch (FileAlreadyExistsException e) {
                if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                    throw new IOException(path + " is not a folder", e);
                }
            }
        }
        requireOwn(path);
        return path;
    }

    private static boolean holds(Path file, byte[] content) throws IOException {
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(
                            file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return attributes.isRegularFile()
                    && attributes.size() == content.length
                    && foreignWriter(file) == null
                    && Arrays.equals(Files.readAllBytes(file), content);
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private static void requireOwn(Path path) throws IOException {
        String writer = foreignWriter(path);
        if (writer != null) {
            throw new IOException(path + " can be written to by " + writer);
        }
    }

    // Where there are no POSIX permissions, as on Windows, folders inherit who may write from the
    // user's own folder.
    private static @Nullable String foreignWriter(Path path) throws IOException {
        PosixFileAttributeView view =
                Files.getFileAttributeView(
                        path, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        if (view == null) {
            return null;
        }
        PosixFileAttributes attributes = view.readAttributes();
        if (attributes.permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
            return "every user";
        }
        String owner = attributes.owner().getName();
        return owner.equals(ownName()) || owner.equals("root") ? null : "user " + owner;
    }

    // In a container a user may have a number alone, which the system property does not tell.
    private static String ownName() throws IOException {
        Path process = Path.of("/proc/self");
        return Files.exists(process)
                ? Files.getOwner(process).getName()
                : System.getProperty("user.name");
    }

    private static FileAttribute<?>[] ownerOnly(Path path) {
        return path.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------"))
                }
                : new FileAttribute<?>[0];
    }

    private static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
