/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.launch;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Runs another main, in a JVM that ends when its parent does, in whatever way that ends: the parent
 * holds the other end of standard input.
 */
public final class TetheredMain {

    private static final int ORPHANED = 3;

    private TetheredMain() {}

    /**
     * {@return the command that runs a main so, with the classes of this JVM, for a process whose
     * standard input stays open as long as it may run}
     *
     * @param main the class of the main
     * @param arguments its arguments
     * @param jvmOptions options of its JVM, such as -Xmx1g
     */
    public static List<String> command(
            String main, List<String> arguments, List<String> jvmOptions) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", classPath(), TetheredMain.class.getName(), main));
        command.addAll(arguments);
        return command;
    }

    /** Spark adds the jar of an application to its loader, not to the class path. */
    private static String classPath() {
        try {
            return Path.of(
                            TetheredMain.class
                                    .getProtectionDomain()
                                    .getCodeSource()
                                    .getLocation()
                                    .toURI())
                    + File.pathSeparator
                    + System.getProperty("java.class.path");
        } catch (URISyntaxException e) {
            throw new IllegalStateException("the place of a class has no path", e);
        }
    }

    /**
     * The main.
     *
     * @param args the class of the other main, and its arguments
     * @throws ReflectiveOperationException if there is no such main
     */
    public static void main(String[] args) throws ReflectiveOperationException {
        Thread watch = new Thread(TetheredMain::awaitParent, "parent watch");
        watch.setDaemon(true);
        watch.start();
        try {
            Class.forName(args[0])
                    .getMethod("main", String[].class)
                    .invoke(null, (Object) Arrays.copyOfRange(args, 1, args.length));
        } catch (InvocationTargetException e) {
            Objects.requireNonNull(e.getCause()).printStackTrace();
            System.exit(1);
        }
    }

    private static void awaitParent() {
        try {
            System.in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            // As gone as at the end of the stream.
        }
        Runtime.getRuntime().halt(ORPHANED);
    }
}
