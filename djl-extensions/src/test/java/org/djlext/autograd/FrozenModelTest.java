/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertFailsSaying;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import org.djlext.torch.InferenceMode;
import org.junit.jupiter.api.Test;

/**
 * A model that is not trained beside functions that are: the engine computes it in inference mode,
 * and neither counts writes to its results nor lets them into a graph.
 */
class FrozenModelTest extends GraphTestBase {

    private NDArray nine() {
        return InferenceMode.square(manager.create(new double[] {3}));
    }

    @Test
    void featuresAsAnInput() {
        NDArray w = leaf(5);
        NDArray features = nine();
        // The engine itself cannot: it saves the very tensor.
        assertFailsSaying(
                EngineException.class, () -> w.mul(features), "Inference tensors cannot be saved");
        NDArray y =
                TestFunctions.square().apply(Misuses.scale(Misuses::correct).apply(w, features));
        NDArray first = grad(y, w, true);
        assertValues(first, 2 * 5 * 81);
        assertValues(grad(first, w), 2 * 81);
        NDArray z =
                Checkpoint.apply(
                                in -> new NDList(in.get(0).add(w)),
                                new NDList(features),
                                new NDList(w))
                        .get(0);
        assertValues(grad(z, w), 1);
    }

    @Test
    void gradientsOfARule() {
        AutogradFunction cube =
                TestFunctions.of(x -> x.pow(3), (x, dy) -> InferenceMode.square(dy));
        NDArray w = leaf(5);
        for (int pass = 0; pass < 2; pass++) {
            NDArray y = cube.apply(TestFunctions.square().apply(w));
            // 3^2 by the wrong rule, times 2 w; added up by the engine, in place.
            NDList three = new NDList(manager.create(new double[] {3}));
            Autograd.backward(new NDList(y), three, false, false, null);
        }
        assertValues(Autograd.gradient(w), 180);
        NDArray direct = leaf(5);
        for (int pass = 0; pass < 2; pass++) {
            Autograd.backward(cube.apply(direct).mul(factor(3)).sum());
        }
        assertValues(Autograd.gradient(direct), 18);
    }

    @Test
    void upstreamGradientsAndHooks() {
        NDArray w = leaf(5);
        NDArray y = TestFunctions.square().apply(w);
        NDList seen = new NDList();
        Autograd.onGradient(
                y,
                g -> {
                    seen.add(Autograd.copy(g));
                    seen.attach(manager);
                    return null;
                });
        Autograd.backward(new NDList(y), new NDList(nine()), false, false, null);
        assertValues(seen.get(0), 9);
        assertValues(Autograd.gradient(w), 90);
    }
}
