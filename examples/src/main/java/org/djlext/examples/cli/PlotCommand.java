/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.djlext.examples.lecture.Output;
import org.djlext.examples.plot.Charts;
import org.djlext.examples.report.RunWatcher;
import org.djlext.files.Json;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.diagnostics.Distribution;
import org.djlext.makemore.diagnostics.LayerStatistics;
import org.djlext.makemore.diagnostics.LossCurve;
import org.djlext.makemore.diagnostics.ModelHistograms;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.train.Checkpoint;
import org.djlext.makemore.train.CheckpointException;
import org.djlext.makemore.train.SavedModel;
import org.djlext.makemore.train.Training;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Draws what a run has left: {@code makemore plot --work-dir runs/mlp}. */
@Command(name = "plot")
final class PlotCommand extends SavedModelCommand {

    private static final int EXAMPLES = 1000;

    // As many points as the lecture's curve has.
    private static final int POINTS = 200;

    @Option(names = "--group", paramLabel = "STEPS")
    private @Nullable Integer group;

    @Option(names = "--out", paramLabel = "DIR")
    private @Nullable Path folder;

    @Override
    void check() {
        Mistake.atLeast("--group", group == null ? 1 : group, 1);
    }

    @Override
    void run(SavedModel saved, NDManager manager) {
        Path file = file();
        Checkpoint checkpoint = Checkpoint.read(file, manager);
        List<Float> losses = losses(checkpoint, file);
        int size = group != null ? group : Math.max(1, losses.size() / POINTS);
        if (group != null && group > losses.size()) {
            throw new Mistake("--group is %s, but there are only %s losses", group, losses.size());
        }
        Path pictures = folder != null ? folder : file.toAbsolutePath().getParent();
        Output out = output(pictures == null ? Path.of("") : pictures, "--out");
        out.line("%s of %s", saved.model(), file);
        if (losses.isEmpty()) {
            out.line("no step was done, so there are no losses to draw");
        } else {
            String name = saved.model().config().type().toString();
            draw(losses, size, devLosses(checkpoint, file), name, out);
        }
        embedding(saved, out);
        weights(saved, out);
        activations(saved, manager, out);
    }

    private static List<Float> losses(Checkpoint checkpoint, Path file) {
        NDArray tensor = checkpoint.tensors().get("losses");
        if (tensor == null || tensor.getDataType() != DataType.FLOAT32) {
            throw new CheckpointException("the checkpoint " + file + " has no losses to draw");
        }
        List<Float> losses = new ArrayList<>();
        for (float loss : tensor.toFloatArray()) {
            losses.add(loss);
        }
        return losses;
    }

    private static void draw(
            List<Float> losses, int size, Map<Integer, Double> dev, String name, Output out) {
        out.chart("loss", Charts.losses(name, Map.of("training", losses)));
        out.chart("loss-log10", Charts.log10Losses(name, Map.of("training", losses)));
        out.chart("loss-smoothed", Charts.smoothedLosses(name, losses, size, dev));
        List<Double> means = LossCurve.means(losses, size);
        out.line(
                "%d losses, the last mean of %d is %.4f",
                losses.size(), size, means.get(means.size() - 1));
    }

    private static Map<Integer, Double> devLosses(Checkpoint checkpoint, Path file) {
        try {
            Map<Integer, Double> dev = new LinkedHashMap<>();
            Json.records(checkpoint.header(), "evaluations", Training.Evaluated.class)
                    .forEach(loss -> dev.put(loss.step(), loss.dev()));
            return dev;
        } catch (IllegalArgumentException e) {
            throw CheckpointException.of(file, e);
        }
    }

    private static void embedding(SavedModel saved, Output out) {
        RunWatcher.vectors(saved.model(), saved.vocabulary().size())
                .ifPresent(w -> out.chart("embedding", Charts.embedding(w, saved.vocabulary())));
    }

    private static void weights(SavedModel saved, Output out) {
        Map<String, Distribution> weights = new LinkedHashMap<>();
        ModelHistograms.matrices(saved.model())
                .forEach(
                        (name, array) -> {
                            Distribution d = ModelHistograms.describe(array);
                            weights.put(name + " " + array.getShape(), d);
                            out.line(
                                    "%-30s %-12s mean %+.4f, std %.4f",
                                    name, array.getShape(), d.mean(), d.std());
                        });
        if (!weights.isEmpty()) {
            out.chart("weights", Charts.histogramsAround0("weights", weights));
        }
    }

    /** Draws what comes out of the tanh layers for the first training examples. */
    private void activations(SavedModel model, NDManager manager, Output out) {
        if (!(model.model() instanceof ContextModel context)) {
            return; // its layers cannot be looked at
        }
        Corpus corpus = data.corpus(model);
        if (!model.isTrainedOn(corpus)) {
            out.line(
                    "the model was trained on other names; give them with --data to see its"
                            + " activations");
            return;
        }
        Examples train = context.examples(corpus, Corpus.Part.TRAIN);
        Examples.Batch batch = train.slice(manager, 0, Math.min(EXAMPLES, train.size()));
        Map<String, Distribution> activations = new LinkedHashMap<>();
        for (LayerStatistics layer : LayerStatistics.of(manager, context, batch.x())) {
            if (layer.layer().equals("Tanh")) {
                out.line("%s", layer.activationLine());
                activations.put(
                        "layer " + layer.number() + " (" + layer.layer() + ")", layer.values());
            }
        }
        out.chart("activations", Charts.histograms("activation distribution", activations));
    }
}
