/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.verify;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.makemore.fused.FusedLayer;
import org.djlext.makemore.fused.FusedStep;
import org.djlext.makemore.layer.Layer;
import org.djlext.makemore.layer.ParameterNames;
import org.djlext.makemore.train.AdamWUpdate;
import org.djlext.torch.ops.InPlace;

/**
 * Compares fused steps with a reference file. They keep no gradients, but plain descent with the
 * learning rate 1 takes each parameter's gradient off it.
 */
final class FusedReference {

    private final ReferenceNode root;
    private final Layer model;
    private final int positions;
    private final List<FusedLayer> layers;
    private final NDArray x;
    private final NDArray y;

    FusedReference(ReferenceNode root, Layer model, NDArray x, NDArray y) {
        this.root = root;
        this.model = model;
        positions = (int) x.getShape().get(1);
        layers = model.fused();
        this.x = x;
        this.y = y;
    }

    GradientTable compare(NDManager manager, Tolerance tolerance) {
        Map<String, Parameter> parameters = ParameterNames.trained(model);
        NDList start = new NDList();
        parameters.values().forEach(p -> start.add(p.getArray().stopGradient().duplicate()));

        GradientTable table = new GradientTable(tolerance);
        double loss = run(FusedStep.sgd(positions, layers), 1, 1)[0];
        table.compare("loss", manager.create(loss), manager.create(root.number("loss")));
        ReferenceNode grads = root.child("grads");
        int place = 0;
        for (Map.Entry<String, Parameter> entry : parameters.entrySet()) {
            NDArray before = start.get(place++);
            NDArray gradient = before.sub(entry.getValue().getArray().stopGradient());
            table.compare("d " + entry.getKey(), gradient, grads.tensor(entry.getKey(), manager));
            InPlace.copy(entry.getValue().getArray(), before);
        }
        for (AdamWRun adamW : AdamWRun.all(root)) {
            try (AdamWUpdate update =
                    new AdamWUpdate(manager, parameters, adamW.settings(), p -> true)) {
                FusedStep steps = update.fused(positions, layers, 0);
                double[] want = adamW.losses().stream().mapToDouble(d -> d).toArray();
                double[] losses = run(Objects.requireNonNull(steps), want.length, adamW.rate());
                table.compare("losses of AdamW", manager.create(losses), manager.create(want));
            }
        }
        return table;
    }

    private double[] run(FusedStep step, int steps, double rate) {
        double[] rates = new double[steps];
        Arrays.fill(rates, rate);
        return step.run(repeat(x, steps), repeat(y, steps), rates);
    }

    /** Returns an array so many times, along a new first axis. */
    private static NDArray repeat(NDArray array, int times) {
        Shape shape = array.getShape();
        return array.expandDims(0).broadcast(new Shape(times).addAll(shape));
    }
}
