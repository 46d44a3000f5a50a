/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.djlext.torch.BackwardNode;
import org.djlext.torch.NativeHooks;
import org.djlext.torch.NodePass;

/**
 * The users' functions on one leaf whose gradient has been stored; see {@link Hooks#onAccumulated}.
 * The engine has one hook for all of them.
 */
final class AccumulationHooks implements BackwardNode {

    // Not a record: the same function may be there twice, and one be taken away.
    private static final class Hook {
        final Consumer<NDArray> function;
        final String what;

        Hook(Consumer<NDArray> function, String what) {
            this.function = function;
            this.what = what;
        }
    }

    private final Device device;
    private final List<Hook> hooks = new CopyOnWriteArrayList<>();
    // What the engine knows this by; 0 after the release.
    private long registered;

    private AccumulationHooks(Device device) {
        this.device = device;
    }

    static Autograd.Scope add(PtNDArray leaf, String what, Consumer<NDArray> function) {
        Hook hook = new Hook(function, what);
        AccumulationHooks all = of(leaf);
        all.change(() -> all.hooks.add(hook));
        return () -> all.change(() -> all.hooks.remove(hook));
    }

    private static AccumulationHooks of(PtNDArray leaf) {
        // Two threads must not register for the same leaf.
        synchronized (AccumulationHooks.class) {
            AccumulationHooks all = (AccumulationHooks) NativeHooks.hooksOf(leaf, true);
            if (all == null) {
                all = new AccumulationHooks(leaf.getDevice());
                all.registered = NativeHooks.hook(all, leaf, true);
            }
            return all;
        }
    }

    private synchronized void change(Runnable change) {
        change.run();
        if (registered != 0) {
            NativeHooks.setHooksActive(registered, !hooks.isEmpty());
        }
    }

    @Override
    public void backward(NodePass pass) {
        try (NDManager manager = NDManager.newBaseManager(device, "PyTorch");
                Autograd.Scope scope = Autograd.noGrad()) {
            PtNDArray array = Objects.requireNonNull(pass.gradient(0, (PtNDManager) manager));
            for (Hook hook : hooks) {
                try {
                    hook.function.accept(array);
                } catch (RuntimeException | Error e) {
                    throw new IllegalStateException("the hook on " + hook.what + " threw " + e, e);
                }
            }
        }
    }

    @Override
    public synchronized void onRelease() {
        registered = 0;
        hooks.clear();
    }
}
