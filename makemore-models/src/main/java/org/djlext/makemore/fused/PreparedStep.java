/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.fused;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import org.djlext.autograd.Autograd;
import org.djlext.torch.ScriptArgument;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;

/**
 * Fused steps for batches of one size, whose buffers and arguments stay from call to call: for
 * calls of one step or a few.
 */
public final class PreparedStep implements AutoCloseable {

    private static final int ARRAYS = 2; // its place among the arguments; x and y come before

    private final NDManager manager;
    private final ScriptFunction step;
    private final List<ScriptArgument> kept = new ArrayList<>();

    /**
     * What a step has computed.
     *
     * @param loss the loss of the batch before the update, a scalar; if it is no number, there was
     *     no update
     * @param logits the result of the network before the update, (n, V), or (n, positions, V) if it
     *     has one for each position
     */
    public record Result(NDArray loss, NDArray logits) {}

    PreparedStep(NDManager parent, TorchScript script, int batchSize, List<Object> arguments) {
        manager = parent.newSubManager();
        step = script.function("step");
        NDList buffers;
        try (Autograd.Scope scope = Autograd.noGrad()) {
            buffers = script.function("prepare").call(batchSize, arguments.get(0));
        }
        buffers.attach(manager);
        List<Object> all = new ArrayList<>(arguments);
        all.add(1, buffers);
        for (int i = 0; i < all.size(); i++) {
            kept.add(step.argument(ARRAYS + i, all.get(i)));
        }
    }

    /**
     * Does a step for each of some batches.
     *
     * @param xs the indices of each, (n, positions), INT64
     * @param ys the labels of each, (n) or (n, positions), INT64; {@link FusedStep#IGNORED} for
     *     none
     * @param rates the learning rate of each step
     * @return loss and logits of each, with the manager of its indices; the last loss may be no
     *     number, then the batches from it on did nothing
     */
    public List<Result> run(List<NDArray> xs, List<NDArray> ys, double[] rates) {
        Object[] all = new Object[ARRAYS + kept.size() + 1];
        all[0] = xs;
        all[1] = ys;
        for (int i = 0; i < kept.size(); i++) {
            all[ARRAYS + i] = kept.get(i);
        }
        all[all.length - 1] = rates;
        NDList arrays;
        try (Autograd.Scope scope = Autograd.noGrad()) {
            arrays = step.call(all);
        }
        List<Result> results = new ArrayList<>();
        for (int i = 0; i < arrays.size() / 2; i++) {
            Result result = new Result(arrays.get(2 * i), arrays.get(2 * i + 1));
            if (i > 0) {
                result.loss.attach(xs.get(i).getManager());
                result.logits.attach(xs.get(i).getManager());
            }
            results.add(result);
        }
        return results;
    }

    /** Frees the buffers. */
    @Override
    public void close() {
        kept.forEach(ScriptArgument::close);
        manager.close();
    }
}
