/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Activation;
import java.util.List;
import java.util.function.UnaryOperator;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;

/**
 * A gated recurrent network over all time steps, in makemore's form. A reset gate r chooses what of
 * the state goes into the candidate c, an update gate z how much of the candidate goes into the
 * state. With h for h_t-1, and [x, h] for vector and state side by side:
 *
 * <pre>
 * r   = sigmoid([x_t, h] wr + br)
 * z   = sigmoid([x_t, h] wz + bz)
 * c   = tanh([x_t, r h] wc + bc)
 * h_t = (1 - z) h + z c
 *
 * daz = (c - h) z (1 - z) dh_t             az, ac, ar are the arguments of sigmoid and tanh
 * dac = z (1 - c^2) dh_t
 * drh = dac wc_h^T                         wc_h: the H last rows of wc, which meet the state
 * dar = h r (1 - r) drh
 * dh  = (1 - z) dh_t + r drh + dar wr_h^T + daz wz_h^T
 * </pre>
 *
 * <p>and with all steps together
 *
 * <pre>
 * dwr = [x, h]^T dar     dwz = [x, h]^T daz     dwc = [x, r h]^T dac     db. = sum(da.)
 * dx  = dar wr_x^T + daz wz_x^T + dac wc_x^T
 * </pre>
 *
 * <p>Derivation. The product and chain rules, from the last line of the first block to its first;
 * sigmoid' = s (1 - s), tanh' = 1 - c^2. h has five ways to the loss, and the sum over them goes
 * back to the step before, where what comes from above is added to it. What does not need that sum,
 * the factors of dh_t and drh, is computed for all steps at once.
 *
 * <p>Inputs: x of shape (T, B, C) with at least one step, start of shape (B, H), and wr, br, wz,
 * bz, wc, bc, the weights of shape (C + H, H), the biases of shape (H). Output: the states of shape
 * (T, B, H).
 *
 * @see <a href="https://arxiv.org/abs/1409.1259">Cho et al., 2014</a>
 */
public final class GruFunction extends AutogradFunction {

    private static final int[] ROWS = {0};

    /** Creates the operation. */
    public GruFunction() {}

    // A linear layer of [x, h], whose products with x are taken for all steps at once, and what is
    // behind it.
    private record Gate(NDArray wx, NDArray wh, NDArray b, UnaryOperator<NDArray> activation) {

        static Gate of(NDList inputs, int i, UnaryOperator<NDArray> activation) {
            long channels = inputs.get(0).getShape().get(2);
            NDList parts = inputs.get(i).split(new long[] {channels}, 0); // (C, H), (H, H)
            return new Gate(parts.get(0), parts.get(1), inputs.get(i + 1), activation);
        }

        /** The part of x and the bias, (T B, H). */
        NDArray ofX(NDArray rows) {
            return rows.matMul(wx).add(b);
        }

        /** The gate for rows of that and of a state, (.., H). */
        NDArray value(NDArray ofX, NDArray h) {
            return activation.apply(ofX.add(h.matMul(wh)));
        }

        /** The part of dx that comes from here, (T B, C). */
        NDArray dx(NDArray da) {
            return da.matMul(wx.transpose());
        }
    }

    // What was given, and is saved: x, (T, B, C), also as rows, (T B, C), and the gates.
    private record Inputs(NDArray x, NDArray rows, Gate reset, Gate update, Gate candidate) {

        static Inputs of(NDList inputs) {
            return new Inputs(
                    inputs.get(0),
                    Steps.rows(inputs.get(0)),
                    Gate.of(inputs, 2, Activation::sigmoid),
                    Gate.of(inputs, 4, Activation::sigmoid),
                    Gate.of(inputs, 6, NDArray::tanh));
        }

        /** Rows step by step, T arrays of shape (B, ..). */
        NDList steps(NDArray array) {
            return Steps.split(array, x);
        }
    }

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray h = inputs.get(1); // (B, H)
        Steps.check("GruFunction", inputs.get(0), h, inputs.subNDList(2));
        Inputs in = Inputs.of(inputs);
        NDList resets = in.steps(in.reset.ofX(in.rows));
        NDList updates = in.steps(in.update.ofX(in.rows));
        NDList candidates = in.steps(in.candidate.ofX(in.rows));

        NDList states = new NDList();
        NDList rs = new NDList();
        NDList zs = new NDList();
        NDList cs = new NDList();
        for (int t = 0; t < resets.size(); t++) {
            NDArray r = in.reset.value(resets.get(t), h); // (B, H)
            NDArray z = in.update.value(updates.get(t), h); // (B, H)
            NDArray c = in.candidate.value(candidates.get(t), r.mul(h)); // (B, H)
            h = h.add(z.mul(c.sub(h))); // (1 - z) h + z c
            states.add(h);
            rs.add(r);
            zs.add(z);
            cs.add(c);
        }
        NDArray all = NDArrays.stack(states); // (T, B, H)
        NDList saved = new NDList(inputs);
        saved.add(all);
        for (NDList gate : List.of(rs, zs, cs)) {
            saved.add(Steps.together(gate)); // (T B, H)
        }
        ctx.saveForBackward(saved.toArray(NDArray[]::new));
        return new NDList(all);
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        NDList saved = ctx.savedTensors();
        Inputs in = Inputs.of(saved);
        NDArray h = Steps.before(saved.get(1), saved.get(8)); // (T B, H)
        NDArray r = saved.get(9); // (T B, H)
        NDArray z = saved.get(10); // (T B, H)
        NDArray c = saved.get(11); // (T B, H)
        if (ctx.createsGraph()) {
            r = in.reset.value(in.reset.ofX(in.rows), h);
            z = in.update.value(in.update.ofX(in.rows), h);
            c = in.candidate.value(in.candidate.ofX(in.rows), r.mul(h));
        }

        NDArray kept = z.neg().add(1); // (T B, H)
        NDList toState = in.steps(kept);
        NDList toReset = in.steps(r);
        NDList slopeZ = in.steps(c.sub(h).mul(z).mul(kept));
        NDList slopeC = in.steps(c.square().neg().add(1).mul(z));
        NDList slopeR = in.steps(r.neg().add(1).mul(r).mul(h));
        NDList fromAbove = in.steps(Steps.rows(gradOutputs.get(0)));
        NDArray wrT = in.reset.wh.transpose(); // (H, H)
        NDArray wzT = in.update.wh.transpose();
        NDArray wcT = in.candidate.wh.transpose();

        NDArray dh = null; // (B, H), what comes from the step after
        NDList dars = new NDList();
        NDList dazs = new NDList();
        NDList dacs = new NDList();
        for (int t = fromAbove.size() - 1; t >= 0; t--) {
            NDArray sum = dh == null ? fromAbove.get(t) : fromAbove.get(t).add(dh);
            NDArray daz = sum.mul(slopeZ.get(t)); // (B, H)
            NDArray dac = sum.mul(slopeC.get(t)); // (B, H)
            NDArray drh = dac.matMul(wcT); // (B, H)
            NDArray dar = drh.mul(slopeR.get(t)); // (B, H)
            dh = sum.mul(toState.get(t)).add(drh.mul(toReset.get(t)));
            dh = dh.add(dar.matMul(wrT)).add(daz.matMul(wzT));
            dars.add(0, dar);
            dazs.add(0, daz);
            dacs.add(0, dac);
        }
        NDArray dar = Steps.together(dars); // (T B, H)
        NDArray daz = Steps.together(dazs); // (T B, H)
        NDArray dac = Steps.together(dacs); // (T B, H)
        NDArray xhT = Steps.besides(in.rows, h).transpose(); // (C + H, T B)
        NDArray xrhT = Steps.besides(in.rows, r.mul(h)).transpose(); // (C + H, T B)
        NDArray dx = null;
        if (ctx.needsInputGrad(0)) {
            dx = in.reset.dx(dar).add(in.update.dx(daz)).add(in.candidate.dx(dac));
            dx = dx.reshape(in.x.getShape());
        }
        return new NDList(
                dx,
                dh,
                xhT.matMul(dar),
                dar.sum(ROWS),
                xhT.matMul(daz),
                daz.sum(ROWS),
                xrhT.matMul(dac),
                dac.sum(ROWS));
    }

    /** The lines of forward one by one, with r', z', c' and h' for the directions of r, z, c, h. */
    @Override
    protected NDList jvp(FunctionContext ctx, NDList tangents) {
        NDList saved = ctx.savedTensors();
        Inputs in = Inputs.of(saved);
        NDArray before = Steps.before(saved.get(1), saved.get(8)); // (T B, H)
        NDArray r = saved.get(9); // (T B, H)
        NDArray z = saved.get(10); // (T B, H)
        NDArray c = saved.get(11); // (T B, H)
        NDArray xh = Steps.besides(in.rows, before); // (T B, C + H)
        NDArray xrh = Steps.besides(in.rows, r.mul(before)); // (T B, C + H)
        NDList ars = in.steps(Steps.directions(tangents, 2, in.reset.wx, xh, r));
        NDList azs = in.steps(Steps.directions(tangents, 4, in.update.wx, xh, z));
        NDList acs = in.steps(Steps.directions(tangents, 6, in.candidate.wx, xrh, c));
        NDList slopeR = in.steps(r.neg().add(1).mul(r));
        NDList slopeZ = in.steps(z.neg().add(1).mul(z));
        NDList slopeC = in.steps(c.square().neg().add(1));
        NDList rs = in.steps(r);
        NDList zs = in.steps(z);
        NDList hs = in.steps(before);
        NDList toUpdate = in.steps(c.sub(before));

        NDArray alongH = Steps.orZeros(tangents.get(1), saved.get(1)); // (B, H)
        NDList all = new NDList();
        for (int t = 0; t < rs.size(); t++) {
            NDArray alongR = ars.get(t).add(alongH.matMul(in.reset.wh)).mul(slopeR.get(t));
            NDArray alongZ = azs.get(t).add(alongH.matMul(in.update.wh)).mul(slopeZ.get(t));
            NDArray alongRh = alongR.mul(hs.get(t)).add(rs.get(t).mul(alongH));
            NDArray alongC = acs.get(t).add(alongRh.matMul(in.candidate.wh)).mul(slopeC.get(t));
            NDArray byUpdate = alongZ.mul(toUpdate.get(t)); // h_t = h + z (c - h)
            alongH = alongH.add(byUpdate).add(zs.get(t).mul(alongC.sub(alongH)));
            all.add(alongH);
        }
        return new NDList(NDArrays.stack(all));
    }

    @Override
    protected List<String> inputNames() {
        return List.of("x", "start", "wr", "br", "wz", "bz", "wc", "bc");
    }
}
