/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.model.GptConfig.Structure;
import org.djlext.nn.ParameterNames;
import org.djlext.torch.ScriptArgument;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;

/**
 * Evaluates a GPT on one sequence that grows, for the logits of its last position alone: keys and
 * values of earlier characters are kept, and the whole model is one call of the engine.
 *
 * <p>The weights are those at the time of construction: heads are stacked once, not in each call.
 */
final class CachedForward implements AutoCloseable {

    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    """
                    def norm(x, w: List[Tensor], at: int):
                        return torch.layer_norm(x, [x.size(-1)], w[at], w[at + 1], 1e-5)

                    def dense(x, w, b: Optional[Tensor]):
                        if x.size(0) > 1:
                            return torch.linear(x, w, b)
                        # One row: a product of matrices would first copy all of w.
                        if b is None:
                            return torch.mv(w, x[0]).unsqueeze(0)
                        return torch.addmv(b, w, x[0]).unsqueeze(0)

                    def attend(q, k, v, start: int):
                        # q (H, m, hs): the last m positions; k and v (H, start + n, hs)
                        m = q.size(1)
                        if m > 1 and m == k.size(1):
                            return torch.scaled_dot_product_attention(q, k, v, None, 0.0, True)
                        if m > 1:
                            mask = torch.ones([m, k.size(1)], dtype=torch.bool, device=q.device)
                            return torch.scaled_dot_product_attention(
                                q, k, v, mask.tril(k.size(1) - m))
                        return torch.scaled_dot_product_attention(q, k, v)

                    def forward(tokens, w: List[Tensor], keys: List[Tensor], values: List[Tensor],
                                feed_forward: bool, residual: bool, projection: bool,
                                norms: bool, final_norm: bool, start: int):
                        n = tokens.size(0)
                        x = torch.embedding(w[0], tokens)                    # (n, C)
                        if len(w) == 1:
                            return x[-1:]
                        x = x + w[1][start:start + n]
                        at = 2
                        for layer in range(len(keys)):
                            heads = keys[layer].size(0)
                            y = x
                            if norms:
                                y = norm(y, w, at)
                                at += 2
                            kqv = dense(y, w[at], None).reshape(n, heads, 3, -1)
                            at += 1
                            k, q, v = torch.unbind(kqv.permute(2, 1, 0, 3))  # (H, n, hs)
                            keys[layer][:, start:start + n].copy_(k)
                            values[layer][:, start:start + n].copy_(v)
                            if layer == len(keys) - 1:
                                # Nobody asks what the other positions find.
                                q = q[:, -1:]
                                x = x[-1:]
                            y = attend(q, keys[layer][:, :start + n],
                                       values[layer][:, :start + n], start)
                            y = y.transpose(0, 1).reshape(x.size(0), -1)     # (m, C)
                            if projection:
                                y = dense(y, w[at], w[at + 1])
                                at += 2
                            x = x + y if residual else y
                            if feed_forward:
                                y = x
                                if norms:
                                    y = norm(y, w, at)
                                    at += 2
                                y = dense(y, w[at], w[at + 1]).relu_()
                                at += 2
                                if projection:
                                    y = dense(y, w[at], w[at + 1])
                                    at += 2
                                x = x + y if residual else y
                        x = x[-1:]
                        if final_norm:
                            x = norm(x, w, at)
                            at += 2
                        return dense(x, w[at], w[at + 1])                    # (1, V)
                    """);
    private static final ScriptFunction FORWARD = SCRIPT.function("forward");

    private final GptConfig config;
    private final NDManager manager;
    private final Map<String, Parameter> parameters;
    private final NDList weights = new NDList();
    private final NDList keys = new NDList();
    private final NDList values = new NDList();
    // What each call gets besides its characters, converted once, which saves a third of a call.
    private final List<ScriptArgument> same = new ArrayList<>();

    /** Prepares the evaluation of a model that has its values. */
    CachedForward(NDManager parent, Gpt model) {
        config = model.config();
        manager = parent.newSubManager();
        parameters = ParameterNames.of(model);
        collectWeights();
        List<Object> arguments =
                List.of(
                        weights,
                        keys,
                        values,
                        config.feedForward() > 0,
                        config.residual(),
                        config.projection(),
                        config.norm(),
                        config.norm());
        for (int i = 0; i < arguments.size(); i++) {
            same.add(FORWARD.argument(i + 1, arguments.get(i)));
        }
    }

    private void collectWeights() {
        add("token_embedding_table.weight");
        if (config.structure() == Structure.BIGRAM) {
            return;
        }
        add("position_embedding_table.weight");
        switch (config.structure()) {
            case HEAD -> addAttention("sa_head.", "", "", 1);
            case HEADS, FEED_FORWARD ->
                    addAttention("sa_heads.heads.0.", "sa_heads.", "ffwd.", config.heads());
            case BLOCKS, RESIDUAL, PROJECTION, LAYER_NORM -> {
                for (int i = 0; i < config.layers(); i++) {
                    String block = "blocks." + i + ".";
                    addIf(config.norm(), block + "ln1");
                    addAttention(
                            block + "sa.heads.0.", block + "sa.", block + "ffwd.", config.heads());
                }
            }
            default -> {
                // Nothing between the embeddings and the last layer.
            }
        }
        addIf(config.norm(), "ln_f");
        addIf(true, "lm_head");
    }

    private void add(String name) {
        weights.add(get(name));
    }

    private NDArray get(String name) {
        return Objects.requireNonNull(parameters.get(name), name).getArray();
    }

    private void addIf(boolean wanted, String layer) {
        if (wanted) {
            add(layer + ".weight");
            add(layer + ".bias");
        }
    }

    private void addAttention(String firstHead, String attention, String feedForward, int heads) {
        NDList stack = new NDList();
        for (int h = 0; h < heads; h++) {
            String head = firstHead.replace("heads.0.", "heads." + h + ".");
            for (String part : new String[] {"key", "query", "value"}) {
                stack.add(get(head + part + ".weight"));
            }
        }
        NDArray stacked = NDArrays.concat(stack, 0); // (3 H hs, C)
        stacked.attach(manager);
        weights.add(stacked);
        Shape shape = new Shape(heads, config.blockSize(), config.embedding() / config.heads());
        keys.add(manager.zeros(shape, stacked.getDataType()));
        values.add(manager.zeros(shape, stacked.getDataType()));
        addIf(config.projection(), attention + "proj");
        if (config.feedForward() > 0) {
            addIf(config.norm(), feedForward.replace("ffwd.", "ln2"));
            addIf(true, feedForward + "net.0");
            addIf(config.projection(), feedForward + "net.2");
        }
    }

    /**
     * Appends characters.
     *
     * @param tokens their numbers, (n), INT64; the result belongs to their manager
     * @param start how many of the characters before them are kept; the others are forgotten
     * @return the logits of the character that follows, (1, V)
     */
    NDArray logits(NDArray tokens, int start) {
        Object[] arguments = new Object[same.size() + 2];
        arguments[0] = tokens;
        for (int i = 0; i < same.size(); i++) {
            arguments[i + 1] = same.get(i);
        }
        arguments[same.size() + 1] = start;
        return FORWARD.callForArray(arguments);
    }

    @Override
    public void close() {
        same.forEach(ScriptArgument::close);
        manager.close();
    }
}
