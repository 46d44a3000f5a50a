/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The library in several class loaders of one JVM, as servers and tests load it. */
class SeveralClassLoadersTest {

    private static final Path MAPS = Path.of("/proc/self/maps");

    /** What is run in each class loader: d x^2 / dx at 3. */
    public static final class Probe {
        private Probe() {}

        public static double gradient() {
            try (NDManager manager = NDManager.newBaseManager();
                    Autograd.Scope scope = Autograd.enableGrad()) {
                NDArray x = manager.create(3.0);
                x.setRequiresGradient(true);
                NDArray y = TestFunctions.square().apply(x);
                try (Autograd.Scope hook = Autograd.onGradient(x, g -> g.add(1))) {
                    return Autograd.grad(new NDList(y), new NDList(x)).get(0).getDouble();
                }
            }
        }
    }

    /** Loads this project's classes itself, and those of the engine from where they are. */
    private static final class Own extends URLClassLoader {
        Own() {
            super(
                    new URL[] {
                        Autograd.class.getProtectionDomain().getCodeSource().getLocation(),
                        Probe.class.getProtectionDomain().getCodeSource().getLocation()
                    },
                    Own.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith("org.djlext.")) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded == null ? findClass(name) : loaded;
            }
        }
    }

    private static double gradient(ClassLoader loader) throws ReflectiveOperationException {
        Class<?> probe = Class.forName(Probe.class.getName(), true, loader);
        return (double) probe.getMethod("gradient").invoke(null);
    }

    @Test
    void twoClassLoadersSideBySide() throws ReflectiveOperationException, IOException {
        try (Own first = new Own();
                Own second = new Own()) {
            for (int i = 0; i < 3; i++) {
                assertEquals(7, Probe.gradient());
                assertEquals(7, gradient(first));
                assertEquals(7, gradient(second));
            }
            assertNotSame(
                    Class.forName(Probe.class.getName(), true, first),
                    Class.forName(Probe.class.getName(), true, second));
        }
    }

    private static WeakReference<ClassLoader> used()
            throws ReflectiveOperationException, IOException {
        try (Own loader = new Own()) {
            assertEquals(7, gradient(loader));
            return new WeakReference<>(loader);
        }
    }

    /** How many copies of the native library are mapped. */
    private static long copies() throws IOException {
        try (Stream<String> lines = Files.lines(MAPS)) {
            return lines.filter(line -> line.contains("djlext_autograd"))
                    .map(line -> line.substring(line.indexOf('/')))
                    .distinct()
                    .count();
        }
    }

    @Test
    void classLoaderIsFreedWithItsCopyOfTheLibrary()
            throws ReflectiveOperationException, IOException, InterruptedException {
        assumeTrue(Files.exists(MAPS), "needs /proc/self/maps");
        assertEquals(7, Probe.gradient());
        // Those of other tests go first.
        for (int i = 0; i < 20; i++) {
            System.gc();
            Thread.sleep(20);
        }
        long before = copies();
        WeakReference<ClassLoader> loader = used();
        for (int i = 0; i < 50 && (loader.get() != null || copies() > before); i++) {
            System.gc();
            Thread.sleep(20);
        }
        assertTrue(loader.get() == null, "the class loader is still referred to");
        assertTrue(copies() <= before, "a copy of the native library is left");
        assertEquals(7, Probe.gradient());
    }
}
