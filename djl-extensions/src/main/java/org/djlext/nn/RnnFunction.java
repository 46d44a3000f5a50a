/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import java.util.List;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;

/**
 * A recurrent network over all time steps: {@code h_t = tanh([x_t, h_t-1] w + b)}, with vector and
 * state side by side as in makemore.
 *
 * <p>With the first C rows of w called wx and the H others wh, and h_-1 the start:
 *
 * <pre>
 * a_t     = x_t wx + h_t-1 wh + b
 * h_t     = tanh(a_t)
 *
 * dh_t   += da_t+1 wh^T                   beside what comes from above, from the last step to the first
 * da_t    = (1 - h_t^2) dh_t
 * dx      = da wx^T
 * dwx     = x^T da                        over all steps and rows
 * dwh     = h_-1..T-2^T da
 * db      = sum(da)
 * dstart  = da_0 wh^T
 * </pre>
 *
 * <p>Derivation. A step is a linear layer and tanh; h_t reaches the loss through the output t and
 * through a_t+1. What has no part in this chain is done for all steps at once: the products with x
 * and the gradients of the parameters are one product each, instead of one a step.
 *
 * <p>The whole sequence is one operation because a node of the graph costs more than the arithmetic
 * of a step of a small network.
 *
 * <p>Inputs: x of shape (T, B, C) with at least one step, start of shape (B, H), w of shape (C + H,
 * H), b of shape (H). Output: the states h of shape (T, B, H).
 *
 * @see <a href="https://www.isca-archive.org/interspeech_2010/mikolov10_interspeech.html">Mikolov
 *     et al., 2010</a>
 */
public final class RnnFunction extends AutogradFunction {

    private static final int[] ROWS = {0};

    /** Creates the operation. */
    public RnnFunction() {}

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray x = inputs.get(0); // (T, B, C)
        NDArray h = inputs.get(1); // (B, H)
        NDArray w = inputs.get(2); // (C + H, H)
        NDArray b = inputs.get(3); // (H)
        Steps.check("RnnFunction", x, h, List.of(w, b));
        long channels = x.getShape().get(2);
        NDList parts = w.split(new long[] {channels}, 0);
        NDArray wh = parts.get(1); // (H, H)
        NDArray fromX = Steps.rows(x).matMul(parts.get(0)).add(b); // (T B, H)

        NDList states = new NDList();
        for (NDArray a : Steps.split(fromX, x)) { // (B, H)
            h = a.add(h.matMul(wh)).tanh();
            states.add(h);
        }
        NDArray all = NDArrays.stack(states); // (T, B, H)
        ctx.saveForBackward(x, inputs.get(1), w, all);
        return new NDList(all);
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        NDArray x = ctx.saved(0); // (T, B, C)
        NDArray start = ctx.saved(1); // (B, H)
        NDArray w = ctx.saved(2); // (C + H, H)
        NDArray states = ctx.saved(3); // (T, B, H)
        NDArray rows = Steps.rows(x); // (T B, C)
        NDArray before = Steps.before(start, states); // (T B, H)
        NDList parts = w.split(new long[] {x.getShape().get(2)}, 0);
        NDArray whT = parts.get(1).transpose(); // (H, H)
        NDArray slope = Steps.rows(states).square().neg().add(1); // (T B, H)
        NDList slopes = Steps.split(slope, x);
        NDList fromAbove = Steps.split(Steps.rows(gradOutputs.get(0)), x);

        NDArray dh = null; // (B, H), what comes from the step after
        NDList das = new NDList();
        for (int t = slopes.size() - 1; t >= 0; t--) {
            NDArray sum = dh == null ? fromAbove.get(t) : fromAbove.get(t).add(dh);
            NDArray da = sum.mul(slopes.get(t)); // (B, H)
            das.add(0, da);
            dh = da.matMul(whT);
        }
        NDArray da = Steps.together(das); // (T B, H)
        NDArray dx = null;
        if (ctx.needsInputGrad(0)) {
            dx = da.matMul(parts.get(0).transpose()).reshape(x.getShape()); // (T, B, C)
        }
        NDArray dw = Steps.besides(rows, before).transpose().matMul(da); // (C + H, H)
        return new NDList(dx, dh, dw, da.sum(ROWS));
    }

    /** With a' for the direction of a, h_t' = (1 - h_t^2) a_t', from the first step to the last. */
    @Override
    protected NDList jvp(FunctionContext ctx, NDList tangents) {
        NDArray x = ctx.saved(0); // (T, B, C)
        NDArray start = ctx.saved(1); // (B, H)
        NDArray states = ctx.saved(3); // (T, B, H)
        NDList parts = ctx.saved(2).split(new long[] {x.getShape().get(2)}, 0);
        NDArray xh = Steps.besides(Steps.rows(x), Steps.before(start, states)); // (T B, C + H)
        NDArray ofInputs = Steps.directions(tangents, 2, parts.get(0), xh, Steps.rows(states));
        NDList slopes = Steps.split(Steps.rows(states).square().neg().add(1), x);

        NDArray alongH = Steps.orZeros(tangents.get(1), start); // (B, H)
        NDList all = new NDList();
        for (NDArray a : Steps.split(ofInputs, x)) { // (B, H)
            alongH = a.add(alongH.matMul(parts.get(1))).mul(slopes.get(all.size()));
            all.add(alongH);
        }
        return new NDList(NDArrays.stack(all));
    }

    @Override
    protected List<String> inputNames() {
        return List.of("x", "start", "w", "b");
    }
}
