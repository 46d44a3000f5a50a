/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;

/**
 * A folder that the driver and all tasks see, in any file system that Spark reads: HDFS, an object
 * store, or one that all machines mount. For small files, each of which is written once.
 */
final class SharedFolder implements Serializable {

    private static final long serialVersionUID = 1L;

    private final String folder;
    private final SerializableConfiguration configuration;

    SharedFolder(SparkSession session, String folder) {
        this.folder = folder;
        configuration =
                new SerializableConfiguration(session.sparkContext().hadoopConfiguration());
    }

    /** Reads a file of any folder. */
    static byte[] read(SparkSession session, String file) throws IOException {
        Path path = new Path(file);
        return new SharedFolder(session, String.valueOf(path.getParent())).read(path.getName());
    }

    /** Returns the names of the files; none if the folder is not there. */
    Set<String> list() throws IOException {
        Set<String> names = new TreeSet<>();
        try {
            for (FileStatus status : system().listStatus(new Path(folder))) {
                if (status.isFile() && !status.getPath().getName().startsWith(".")) {
                    names.add(status.getPath().getName());
                }
            }
        } catch (FileNotFoundException e) {
            return names;
        }
        return names;
    }

    /** Reads a file. */
    byte[] read(String name) throws IOException {
        try (FSDataInputStream in = system().open(new Path(folder, name))) {
            return in.readAllBytes();
        }
    }

    /**
     * Writes a file, so that there is all of it or nothing. If it is there it stays as it is:
     * Spark may have started a task twice.
     */
    void write(String name, byte[] content) throws IOException {
        FileSystem system = system();
        Path path = new Path(folder, name);
        Path part = new Path(folder, "." + name + "." + ProcessHandle.current().pid());
        try {
            try (FSDataOutputStream out = system.create(part, true)) {
                out.write(content);
            }
            if (!system.exists(path) && !system.rename(part, path) && !system.exists(path)) {
                throw new IOException(part + " cannot be renamed to " + path);
            }
        } finally {
            system.delete(part, false);
        }
    }

    /** Deletes a file if it is there. */
    void delete(String name) throws IOException {
        system().delete(new Path(folder, name), false);
    }

    private FileSystem system() throws IOException {
        FileSystem system = new Path(folder).getFileSystem(configuration.value());
        // Without a file of check sums beside each, which any other program would leave behind.
        return system instanceof LocalFileSystem local ? local.getRawFileSystem() : system;
    }

    @Override
    public String toString() {
        return folder;
    }
}
