/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Parameter;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingResult;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.util.Pair;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.djlext.autograd.Autograd;
import org.djlext.autograd.GradientClipping;
import org.djlext.makemore.diagnostics.ModelHistograms;
import org.djlext.makemore.diagnostics.UpdateRatios;
import org.jspecify.annotations.Nullable;

/**
 * Reports a training by DJL's own {@code EasyTrain.fit}, of any model on the PyTorch engine.
 *
 * <pre>{@code
 * TrainingReport report = new TrainingReport("my model");
 * config.addTrainingListeners(TrainingListener.Defaults.basic());
 * config.addTrainingListeners(new ReportListener(report, Path.of("report.html")));
 * }</pre>
 *
 * <p>A step is a mini-batch. The losses of whole data sets are those that DJL's listeners measure
 * at the end of each epoch, so {@code Defaults.basic()} comes first. Histograms are taken in the
 * first batch, after 1, 2, 4, 8 and so on epochs, and when the trainer is closed. The file is
 * written after each epoch and when the trainer is closed. A {@link ReportServer} on the same
 * report shows it while it trains.
 */
public final class ReportListener extends TrainingListenerAdapter {

    private static final int MEASURE_EVERY = 10;

    private final TrainingReport report;
    private final Path file;
    private @Nullable UpdateRatios ratios;
    private int step;
    private int epochs;
    private boolean looks = true;

    /**
     * Makes a listener.
     *
     * @param report is told what happens
     * @param file where the report goes
     */
    public ReportListener(TrainingReport report, Path file) {
        this.report = report;
        this.file = file;
    }

    /** Is called after backward and before the update, when the gradients are there. */
    @Override
    public void onTrainingBatch(Trainer trainer, BatchData batchData) {
        if (ratios == null) {
            ratios = begin(trainer); // at the first batch, for before it there may be no values
        }
        Map<String, Double> measured = ratios.after(); // of the step before, whose update is done
        if (!measured.isEmpty()) {
            report.updateRatios(step - 1, measured);
        }
        report.step(step, loss(trainer, batchData));
        if (looks) {
            looks = false;
            look(trainer);
            Map<String, NDArray> outputs = new LinkedHashMap<>();
            batchData
                    .getPredictions()
                    .forEach((device, arrays) -> outputs.put("output on " + device, arrays.head()));
            report.histograms(step, "Outputs", ModelHistograms.describe(outputs));
        }
        if (step % MEASURE_EVERY == 0) {
            NDList parameters = new NDList(trained(trainer).values());
            report.gradientNorm(step, GradientClipping.norm(parameters));
            ratios.before();
        }
        step++;
    }

    private UpdateRatios begin(Trainer trainer) {
        report.parameters(trained(trainer).values().stream().mapToLong(NDArray::size).sum());
        report.setting("model", trainer.getModel().getName());
        report.setting("loss", trainer.getLoss().getName());
        return new UpdateRatios(trainer.getManager(), matrices(trainer));
    }

    /** Returns what is trained, by DJL's names, which differ also where two blocks are alike. */
    private static Map<String, NDArray> trained(Trainer trainer) {
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        for (Pair<String, Parameter> entry : trainer.getModel().getBlock().getParameters()) {
            if (entry.getValue().requiresGradient()) {
                arrays.put(entry.getKey(), entry.getValue().getArray());
            }
        }
        return arrays;
    }

    private static Map<String, NDArray> matrices(Trainer trainer) {
        Map<String, NDArray> arrays = trained(trainer);
        arrays.values().removeIf(array -> array.getShape().dimension() != 2);
        return arrays;
    }

    private static double loss(Trainer trainer, BatchData batch) {
        double sum = 0;
        try (Autograd.Scope unrecorded = Autograd.noGrad()) {
            for (Map.Entry<Device, NDList> part : batch.getPredictions().entrySet()) {
                NDList labels = batch.getLabels().get(part.getKey());
                try (NDArray loss = trainer.getLoss().evaluate(labels, part.getValue())) {
                    sum += loss.getFloat();
                }
            }
        }
        return sum / batch.getPredictions().size();
    }

    private void look(Trainer trainer) {
        Map<String, NDArray> weights = matrices(trainer);
        Map<String, NDArray> gradients = new LinkedHashMap<>();
        weights.forEach((name, weight) -> gradients.put(name, weight.getGradient()));
        report.histograms(step, "Weights", ModelHistograms.describe(weights));
        report.histograms(step, "Gradients of weights", ModelHistograms.describe(gradients));
    }

    @Override
    public void onEpoch(Trainer trainer) {
        epochs++;
        TrainingResult result = trainer.getTrainingResult();
        evaluation("train", result.getTrainLoss());
        evaluation("validation", result.getValidateLoss());
        result.getEvaluations()
                .forEach(
                        (name, value) ->
                                report.result(name, String.format(Locale.ROOT, "%.4f", value)));
        report.setting("epochs", epochs);
        looks = Integer.bitCount(epochs) == 1;
        write();
    }

    private void evaluation(String split, @Nullable Float loss) {
        if (loss != null && !loss.isNaN()) {
            report.evaluation(step, split, loss);
        }
    }

    @Override
    public void onTrainingEnd(Trainer trainer) {
        if (ratios != null) {
            look(trainer); // the gradients are still those of the last batch
            ratios.close();
        }
        report.end(true);
        write();
    }

    private void write() {
        try {
            ReportPage.write(List.of(report), file);
        } catch (IOException e) {
            throw new UncheckedIOException("the report cannot be written to " + file, e);
        }
    }
}
