/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.internal;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.NativeSelfCheck;
import org.djlext.nn.TanhFunction;
import org.djlext.testing.LambdaFunction;
import org.jspecify.annotations.Nullable;

/**
 * A program that runs {@link NativeSelfCheck} by the class loader of the application and by others
 * beside it, as web applications of one server do, and then lets the others go. DJL is the
 * parent's, for its own native library can be loaded once only.
 */
public final class ClassLoadersCheck {

    private ClassLoadersCheck() {}

    /** Has classes of its own of this library, and all others from the parent. */
    private static final class Child extends URLClassLoader {

        Child() {
            super(urls(), ClassLoadersCheck.class.getClassLoader());
        }

        private static URL[] urls() {
            return Stream.of(NativeHooks.class, ClassLoadersCheck.class)
                    .map(type -> type.getProtectionDomain().getCodeSource().getLocation())
                    .toArray(URL[]::new);
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith("org.djlext.")) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded != null ? loaded : findClass(name);
            }
        }
    }

    /**
     * The main.
     *
     * @param args none
     * @throws Exception if a class loader cannot run the check
     */
    public static void main(String[] args) throws Exception {
        NativeSelfCheck.main(args);
        System.out.println("copies " + copies());
        List<WeakReference<ClassLoader>> three = runThree();
        System.out.println("of three class loaders left " + left(three));
        // A cleaner of the JDK unloads the library a little later.
        for (int i = 0; i < 50 && copies() > 1; i++) {
            Thread.sleep(100);
        }
        System.out.println("copies left " + copies());
        leaveGraph();
        three = runThree();
        System.out.println("of three class loaders left " + left(three));
        System.out.println("cause " + causeOfAFailure());
    }

    // DJL's own backward drops the exception of a rule; the native library mends that, for this
    // class loader still when others that mended it too are gone.
    private static @Nullable Throwable causeOfAFailure() {
        AutogradFunction failing =
                new LambdaFunction(
                        (ctx, in) -> new NDList(in.get(0).square()),
                        (ctx, dy) -> {
                            throw new IllegalStateException("on purpose");
                        });
        try (NDManager manager = NDManager.newBaseManager();
                GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray x = manager.create(new float[] {1});
            x.setRequiresGradient(true);
            collector.backward(failing.apply(x).sum());
            return null;
        } catch (EngineException e) {
            return e.getCause();
        }
    }

    // The engine's graph outlives every use of the class loader whose code it will call.
    private static void leaveGraph() throws Exception {
        List<WeakReference<ClassLoader>> loader = new ArrayList<>();
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray x = manager.create(new float[] {0, 0.5f});
            x.setRequiresGradient(true);
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                NDArray sum = tanh(x, loader).sum();
                System.out.println("with a graph left " + left(loader));
                collector.backward(sum);
            }
            System.out.println(
                    "gradient of tanh " + Arrays.toString(x.getGradient().toFloatArray()));
        }
        System.out.println("without it left " + left(loader));
    }

    private static NDArray tanh(NDArray x, List<WeakReference<ClassLoader>> loader)
            throws Exception {
        Child child = new Child();
        loader.add(new WeakReference<>(child));
        Class<?> type = child.loadClass(TanhFunction.class.getName());
        Object function = type.getConstructor().newInstance();
        return (NDArray)
                type.getMethod("apply", NDArray[].class)
                        .invoke(function, (Object) new NDArray[] {x});
    }

    private static long left(List<WeakReference<ClassLoader>> loaders) throws InterruptedException {
        for (int i = 0; i < 30 && loaders.stream().anyMatch(l -> l.get() != null); i++) {
            System.gc();
            Thread.sleep(100);
        }
        return loaders.stream().filter(l -> l.get() != null).count();
    }

    private static List<WeakReference<ClassLoader>> runThree() throws Exception {
        List<Child> children = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Child child = new Child();
            child.loadClass(NativeSelfCheck.class.getName())
                    .getMethod("main", String[].class)
                    .invoke(null, (Object) new String[0]);
            child.close();
            children.add(child);
        }
        System.out.println("copies " + copies());
        return children.stream().map(c -> new WeakReference<ClassLoader>(c)).toList();
    }

    // How many files of the library are mapped into this process.
    private static long copies() throws IOException {
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            return maps.filter(line -> line.contains("djlext_autograd"))
                    .map(line -> line.substring(line.indexOf('/')))
                    .distinct()
                    .count();
        }
    }
}
