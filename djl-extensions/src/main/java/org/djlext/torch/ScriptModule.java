/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A TorchScript module in the engine. May be called by any number of threads; its memory is freed
 * when it is closed and the last call has returned.
 *
 * <p>DJL's public API runs a module either on arrays alone, or on values of any type but in
 * inference mode, whose results can never take part in a graph. Below that API both come together,
 * so a method handle reaches for it.
 */
final class ScriptModule {

    private static final MethodHandle RUN;
    private static final MethodHandle NEW_VALUE;

    static {
        try {
            Class<?> library = Class.forName("ai.djl.pytorch.jni.PyTorchLibrary");
            MethodHandles.Lookup lookup =
                    MethodHandles.privateLookupIn(library, MethodHandles.lookup());
            Field instance = library.getDeclaredField("LIB");
            instance.setAccessible(true);
            MethodType run =
                    MethodType.methodType(
                            long.class,
                            long.class,
                            String.class,
                            long[].class,
                            boolean.class,
                            boolean.class);
            RUN = lookup.findVirtual(library, "moduleRunMethod", run).bindTo(instance.get(null));
            NEW_VALUE =
                    lookup.findConstructor(
                            IValue.class, MethodType.methodType(void.class, long.class));
        } catch (ReflectiveOperationException | RuntimeException e) {
            throw new LinkageError(
                    "TorchScript operations need the pytorch-engine of DJL 0.33 to 0.36, but " + e,
                    e);
        }
    }

    private final AtomicBoolean closed = new AtomicBoolean();
    // The calls that are running, and one for the owner until it closes the module.
    private final AtomicInteger users = new AtomicInteger(1);
    private final long handle;
    private final String name;
    // The engine's None, which DJL has no way to make: what a function returns that returns
    // nothing.
    private final IValue none;

    private ScriptModule(long handle, String name) {
        this.handle = handle;
        this.name = name;
        none = run(ScriptSource.NONE);
    }

    /**
     * Loads what {@link ScriptArchive} wrote as a module that messages call by a name.
     *
     * @throws ai.djl.engine.EngineException if the engine cannot compile the source
     */
    static ScriptModule load(byte[] archive, String name) {
        Engine.getEngine("PyTorch"); // loads the native library, if nothing else has
        try {
            // There are no arrays in the archive, so the device is of no account.
            return new ScriptModule(
                    JniUtils.loadModuleHandle(
                            new ByteArrayInputStream(archive), Device.cpu(), false, false),
                    name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Runs a method of the module. What it does is recorded if grad mode is on. The caller closes
     * arguments and result.
     *
     * @throws IllegalStateException if the module is closed
     * @throws ai.djl.engine.EngineException if the method fails
     */
    IValue run(String method, IValue... arguments) {
        acquire();
        try {
            long[] handles = new long[arguments.length];
            for (int i = 0; i < handles.length; i++) {
                handles[i] = arguments[i].getHandle();
            }
            // The engine's optimizer profiles the first calls and then runs other code, with
            // formulas of its own for gradients. Without it the first call and the hundredth are
            // the same, to the bit, as the operations one by one. The switch belongs to the thread.
            JniUtils.setGraphExecutorOptimize(false);
            try {
                // Not in inference mode, and on the stream that all other operations are on.
                long result = (long) RUN.invokeExact(handle, method, handles, true, false);
                return (IValue) NEW_VALUE.invokeExact(result);
            } finally {
                JniUtils.setGraphExecutorOptimize(
                        Boolean.parseBoolean(
                                System.getProperty("ai.djl.pytorch.graph_optimizer", "true")));
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        } finally {
            release();
        }
    }

    /** Returns the engine's None, which belongs to the module. */
    IValue none() {
        return none;
    }

    /** Closes the module, once the calls that are running have returned. */
    void close() {
        if (closed.compareAndSet(false, true)) {
            release();
        }
    }

    private void acquire() {
        if (closed.get() || users.getAndUpdate(n -> n == 0 ? 0 : n + 1) == 0) {
            throw new IllegalStateException(name + " is closed and cannot be called");
        }
    }

    private void release() {
        if (users.decrementAndGet() == 0) {
            none.close();
            JniUtils.deleteModule(handle);
        }
    }
}
