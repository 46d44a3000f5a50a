/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.launch;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;
import java.util.Objects;

/**
 * Runs another main, in a JVM that ends when its parent does, in whatever way that ends: the parent
 * holds the other end of standard input.
 */
final class TetheredMain {

    private static final int ORPHANED = 3;

    private TetheredMain() {}

    /**
     * The main.
     *
     * @param args the class of the other main, and its arguments
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
