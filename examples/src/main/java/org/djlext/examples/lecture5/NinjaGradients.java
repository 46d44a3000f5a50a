/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture5;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.djlext.autograd.Autograd;
import org.djlext.examples.lecture.Output;
import org.djlext.examples.report.TrainingReport;
import org.djlext.gradcheck.GradientComparison;
import org.djlext.gradcheck.GradientTable;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.ninja.ChunkedBackward;
import org.djlext.makemore.ninja.ChunkedForward;
import org.djlext.makemore.ninja.NinjaParameters;
import org.djlext.nn.BatchNormFunction;
import org.djlext.nn.CrossEntropyFunction;
import org.djlext.nn.Reduction;

/** Exercises 1 to 3: all gradients of one mini-batch by hand, compared with the engine's. */
public final class NinjaGradients {

    private static final int N_HIDDEN = 64;

    private NinjaGradients() {}

    /**
     * Compares every gradient of one mini-batch with the engine's.
     *
     * @param base a manager of the device
     * @param train the examples to draw from
     * @param seed the seed of parameters and mini-batch
     * @param batchSize the number of examples
     * @param report is told the comparisons
     * @param out where to print
     */
    public static void compare(
            NDManager base,
            Examples train,
            long seed,
            int batchSize,
            TrainingReport report,
            Output out) {
        try (NDManager manager = base.newSubManager()) {
            TorchGenerator generator = new TorchGenerator(seed);
            NinjaParameters p =
                    NinjaParameters.draw(
                            manager, generator, CharVocabulary.LETTERS.size(), N_HIDDEN);
            p.list().forEach(parameter -> parameter.setRequiresGradient(true));
            long[] rows = generator.randint(manager, train.size(), batchSize);
            Examples.Batch batch = train.gather(manager, rows);
            NDArray xb = batch.x();
            NDArray yb = batch.y();

            // One backward of the engine, which keeps all gradients on the way.
            ChunkedForward f;
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                f = ChunkedForward.run(p, xb, yb);
                f.byName(p).values().forEach(Autograd::retainGrad);
                collector.backward(f.loss());
            }

            out.line(
                    "%nExercise 1: backward through every step; %,d parameters, loss %.6f",
                    p.count(), f.loss().getFloat());
            GradientTable table = new GradientTable();
            try (Autograd.Scope scope = Autograd.noGrad()) {
                Map<String, NDArray> tensors = f.byName(p);
                ChunkedBackward.run(f, p, xb, yb)
                        .forEach(
                                (name, gradient) ->
                                        table.compare(
                                                name,
                                                gradient,
                                                Autograd.gradient(
                                                        Objects.requireNonNull(
                                                                tensors.get(name), name))));
            }
            out.line("%s", table);
            report.comparison(
                    "Exercise 1: backward through every step, one mini-batch", table.rows());

            // Both operations are AutogradFunctions: the engine's own backward runs their rules.
            CrossEntropyFunction crossEntropy = new CrossEntropyFunction(Reduction.MEAN, null);
            NDArray logits = leaf(f.logits());
            NDArray lossFast;
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                lossFast = crossEntropy.apply(logits, yb);
                collector.backward(lossFast);
            }
            GradientComparison dlogits =
                    GradientComparison.of(
                            "logits", logits.getGradient(), Autograd.gradient(f.logits()));
            out.line(
                    "%nExercise 2: cross entropy in one go; loss %.6f, difference %.3g%n%s",
                    lossFast.getFloat(), lossFast.getFloat() - f.loss().getFloat(), dlogits);

            BatchNormFunction batchNorm = new BatchNormFunction(ChunkedForward.EPS, 1);
            NDArray hprebn = leaf(f.hprebn());
            NDArray hpreact;
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                hpreact =
                        batchNorm
                                .apply(new NDList(hprebn, leaf(p.bngain()), leaf(p.bnbias())))
                                .get(0);
                // A loss whose gradient at hpreact is the one of the network.
                collector.backward(hpreact.mul(Autograd.gradient(f.hpreact())).sum());
            }
            GradientComparison dhprebn =
                    GradientComparison.of(
                            "hprebn", hprebn.getGradient(), Autograd.gradient(f.hprebn()));
            out.line(
                    "%nExercise 3: batch norm in one go; largest difference forward %.3g%n%s",
                    hpreact.sub(f.hpreact()).abs().max().getFloat(), dhprebn);
            report.comparison(
                    "Exercises 2 and 3: cross entropy and batch norm in one go",
                    List.of(dlogits, dhprebn));
        }
    }

    private static NDArray leaf(NDArray array) {
        NDArray leaf = array.stopGradient().duplicate();
        leaf.setRequiresGradient(true);
        return leaf;
    }
}
