/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.rounding;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.List;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.NameSplit;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.layer.Layer;
import org.djlext.makemore.layer.ParameterNames;
import org.djlext.makemore.model.Mlp;
import org.djlext.makemore.model.MlpInit;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.testing.Golden;
import org.djlext.makemore.testing.LectureNames;
import org.djlext.makemore.train.Evaluation;
import org.djlext.makemore.train.Examples;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;
import org.djlext.torch.ops.InPlace;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * The MLP of makemore 2 with 10 numbers a letter and 200 hidden units, for 1,000 steps to the last
 * digit of PyTorch 1.13's losses.
 *
 * <p>Started as in the lecture the network is saturated, and its training is chaotic: one value of
 * tanh in a thousand off by 1 ulp changes the loss after 1,000 steps from 4.111 to 4.123. So all
 * parameters have to be the same bit for bit after each step. The golden losses come from a PyTorch
 * without MKL, on one thread of a processor with AVX2. What differs from the engine here, and is
 * therefore computed by the operations of this package:
 *
 * <ul>
 *   <li>the matrix products, from the reference BLAS: {@link SequentialMatMul}
 *   <li>tanh, from SLEEF: {@link SleefTanh}
 *   <li>the update, written as in the lecture, {@code p += -lr * p.grad}: the product is rounded
 *       before it is added, which {@code add_} with alpha leaves out
 *   <li>the cross entropy, though only where the engine has vectors longer than AVX2's: {@link
 *       EightLaneCrossEntropy}
 * </ul>
 *
 * <p>Only with AVX2 does the engine draw initial weights of these very bits, so they are read, and
 * the drawn ones compared with them.
 *
 * <p>The embedding, the biases with the sums that are their gradients, and everything about
 * autograd are the engine's. Only on x86 do those sums add the rows in the golden order.
 */
@EnabledIfSystemProperty(
        named = "os.arch",
        matches = "amd64|x86_64",
        disabledReason = "the golden order of sums is that of x86")
class MlpThousandStepsTest {

    private static final long SEED = 2147483647L;
    private static final List<String> NAMES = List.of("C", "W1", "b1", "W2", "b2");
    private static final int BATCH_SIZE = 32;
    private static final double RATE = 0.1;
    private static final double TOLERANCE = 3e-6; // an ulp of the first losses is 1.9e-6

    private static final ScriptFunction UPDATE =
            TorchScript.compile(
                            """
                            def update(weights: List[Tensor], rate: float):
                                for w in weights:
                                    g = w.grad
                                    if g is not None:
                                        w.add_(g * -rate)
                                        g.zero_()
                            """)
                    .function("update");

    private final SequentialMatMul matMul = new SequentialMatMul();
    private final SleefTanh tanh = new SleefTanh();
    private final EightLaneCrossEntropy crossEntropy = new EightLaneCrossEntropy();

    @Test
    void endsWhereTheLectureEnds() {
        JsonObject want = Golden.read("/golden/lecture_losses.json").getAsJsonObject("mlp_emb10");
        JsonArray losses = want.getAsJsonArray("losses");
        assertEquals(1000, losses.size());
        NameSplit split = LectureNames.split();
        try (NDManager manager = NDManager.newBaseManager()) {
            Mlp model = draw(manager);
            Examples train = Examples.of(manager, model, split.train(), CharVocabulary.LETTERS);
            Examples dev = Examples.of(manager, model, split.dev(), CharVocabulary.LETTERS);
            assertEquals(26.004696, Evaluation.loss(manager, model, train), TOLERANCE);
            for (int step = 0; step < losses.size(); step++) {
                float loss = step(manager, model, train);
                assertEquals(losses.get(step).getAsDouble(), loss, TOLERANCE, "step " + step);
            }
            assertEquals(4.111359, Evaluation.loss(manager, model, train), TOLERANCE);
            double devLoss = want.get("after_1000_dev").getAsDouble();
            assertEquals(devLoss, Evaluation.loss(manager, model, dev), TOLERANCE);
        }
    }

    private static Mlp draw(NDManager manager) {
        new TorchGenerator(SEED);
        ModelConfig config =
                ModelConfig.builder(ModelType.MLP, CharVocabulary.LETTERS.size())
                        .embedding(10)
                        .hidden(200)
                        .init(MlpInit.ORIGINAL)
                        .build();
        Mlp model = new Mlp(config, Gradients.ENGINE);
        model.initialize(manager, DataType.FLOAT32);
        JsonObject golden = Golden.read("/golden/mlp_emb10_init.json");
        List<Parameter> parameters = List.copyOf(ParameterNames.trained(model).values());
        assertEquals(NAMES.size(), parameters.size());
        for (int i = 0; i < parameters.size(); i++) {
            NDArray drawn = parameters.get(i).getArray();
            NDArray same = Golden.tensor(manager, golden.get(NAMES.get(i)));
            assertArrayEquals(same.toFloatArray(), drawn.toFloatArray(), 1e-5f, NAMES.get(i));
            InPlace.copy(drawn, same);
        }
        return model;
    }

    private float step(NDManager manager, Mlp model, Examples examples) {
        try (NDManager sub = manager.newSubManager();
                GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            Examples.Batch batch = examples.draw(sub, BATCH_SIZE);
            NDArray logits = logits(model, batch.x(), new ParameterStore(sub, false));
            NDArray loss = crossEntropy.apply(logits, batch.y()).singletonOrThrow();
            collector.backward(loss);
            NDList weights = new NDList();
            for (Parameter parameter : ParameterNames.trained(model).values()) {
                weights.add(parameter.getArray());
            }
            try (Autograd.Scope scope = Autograd.noGrad()) {
                UPDATE.call(weights, RATE);
            }
            return loss.getFloat();
        }
    }

    /** Runs the layers of the model, the linear ones and tanh in this package's arithmetic. */
    private NDArray logits(Mlp model, NDArray x, ParameterStore store) {
        List<Layer> layers = model.layers().layers();
        NDArray vectors = layers.get(0).call(store, x, true); // (32, 3, 10)
        NDArray rows = layers.get(1).call(store, vectors, true); // (32, 30)
        NDArray h = tanh.apply(linear(layers.get(2), rows)).singletonOrThrow(); // (32, 200)
        return linear(layers.get(4), h); // (32, 27)
    }

    private NDArray linear(Layer layer, NDArray x) {
        NDArray weight = layer.getDirectParameters().get("weight").getArray();
        NDArray bias = layer.getDirectParameters().get("bias").getArray();
        return matMul.apply(x, weight).singletonOrThrow().add(bias);
    }
}
