/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import java.lang.ref.Cleaner;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Random numbers that belong to one computation: work that {@link #run runs} with a stream draws
 * from it alone, whatever other threads draw meanwhile, and leaves the engine's own generators as
 * they were.
 *
 * <p>All random operations of the engine draw from one generator for each device, those of DJL's
 * initializers and dropout included, and take no other. So a stream is the state of these
 * generators: {@code run} puts it in place, and the engine's back afterwards. Work of different
 * streams takes turns; only work that draws needs to be run with one. A stream started from a seed
 * gives the numbers that PyTorch gives after {@code torch.manual_seed(seed)}, bit for bit.
 */
public final class RandomStream {

    private static final ReentrantLock TURN = new ReentrantLock();
    private static final Cleaner CLEANER = Cleaner.create();
    private static final RandomStream ENGINE = new RandomStream();
    private static RandomStream current = ENGINE; // the one whose numbers the engine draws now

    private final NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    private Map<Device, NDArray> state = Map.of(); // while it is not the current one

    private RandomStream() {}

    /**
     * Starts a stream.
     *
     * @param seed the seed, as of {@code torch.manual_seed}
     */
    public RandomStream(long seed) {
        CLEANER.register(this, manager::close);
        run(() -> RandomState.seed(seed));
    }

    /**
     * Does work that draws from this stream. Work inside it may be run with the same stream, which
     * continues, or with another.
     *
     * @param <T> the type of the result
     * @param work the work; other threads' streams wait for its end
     * @return what the work returns
     */
    public <T> T run(Supplier<T> work) {
        TURN.lock();
        try {
            RandomStream outer = current;
            outer.leave();
            enter();
            try {
                return work.get();
            } finally {
                leave();
                outer.enter();
            }
        } finally {
            TURN.unlock();
        }
    }

    /**
     * Does work that draws from this stream and returns nothing.
     *
     * @param work the work
     * @see #run(Supplier)
     */
    public void run(Runnable work) {
        run(
                () -> {
                    work.run();
                    return this;
                });
    }

    /** Keeps the states of the engine's generators, because others use these now. */
    private void leave() {
        Map<Device, NDArray> states = new LinkedHashMap<>();
        save(Device.cpu(), states);
        for (int gpu = 0; gpu < Engine.getEngine("PyTorch").getGpuCount(); gpu++) {
            save(Device.gpu(gpu), states);
        }
        state = states;
    }

    private void save(Device device, Map<Device, NDArray> states) {
        NDArray copy = RandomState.get(manager, device);
        NDScope.unregister(copy); // it outlives the work that may run in a scope
        states.put(device, copy);
    }

    /** Gives the states back to the engine, and frees the copies. */
    private void enter() {
        state.forEach(
                (device, copy) -> {
                    RandomState.set(copy, device);
                    copy.close();
                });
        current = this;
    }
}
