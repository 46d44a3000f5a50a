/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;
import org.apache.spark.util.LongAccumulator;
import org.djlext.examples.cli.CommandLines;
import org.djlext.files.Json;
import org.djlext.files.OutputFile;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.train.CheckpointException;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingException;
import org.djlext.makemore.train.TrainingRanks;

/** A run of a sweep as its task does it. */
record SweepTask(Sweep.Run planned) implements Serializable {

    private static final int STEPS = 100; // between two looks at the clock
    private static final String RESULT = "result";
    private static final String DATA = "data";
    // In no name of a run. With leading zeros, so that the newest is the last.
    private static final String CHECKPOINT = "%s@%09d";

    /** Returns what has come of this run, which must have been trained on the same names. */
    Sweep.Result result(SharedFolder folder, String sha256) throws IOException {
        byte[] file = folder.read(name() + Sweep.RESULT);
        JsonObject result = Json.parseObject(new String(file, StandardCharsets.UTF_8));
        if (!Json.text(result, DATA).equals(sha256)) {
            throw new DataFileException(
                    "the run %s in %s was trained on other names; give this sweep another folder"
                            .formatted(name(), folder));
        }
        return Json.record(result, RESULT, Sweep.Result.class);
    }

    /** Trains, and writes the model and then the result. */
    void run(List<String> names, SharedFolder folder, Duration saveEvery, LongAccumulator steps)
            throws IOException {
        CommandLines.prepareEngine(); // Spark has a task for each core
        Corpus corpus = NamesCorpus.of(names);
        long start = System.nanoTime();
        Path file = Files.createTempFile(name(), Sweep.MODEL);
        try (NDManager manager = NDManager.newBaseManager();
                Training run = open(manager, corpus, folder, file)) {
            String error = "";
            double devLoss = Double.POSITIVE_INFINITY;
            try {
                train(run, folder, file, saveEvery, steps);
                devLoss = run.evaluate().dev();
                run.write(file);
                folder.write(name() + Sweep.MODEL, Files.readAllBytes(file));
            } catch (TrainingException e) {
                // Of this run alone: with such settings it fails again whenever it is tried.
                error = String.valueOf(e.getMessage());
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            JsonObject result = new JsonObject();
            result.addProperty(DATA, corpus.sha256());
            result.add(
                    RESULT,
                    Json.tree(new Sweep.Result(name(), devLoss, run.stepsDone(), seconds, error)));
            folder.write(name() + Sweep.RESULT, result.toString().getBytes(StandardCharsets.UTF_8));
        } finally {
            Files.deleteIfExists(file);
        }
        for (String done : checkpoints(folder)) {
            folder.delete(done);
        }
    }

    private Training open(NDManager manager, Corpus corpus, SharedFolder folder, Path file)
            throws IOException {
        for (String newest : checkpoints(folder).descendingSet()) {
            try {
                OutputFile.write(file, out -> out.write(folder.read(newest)));
                return Training.resume(manager, file, null, corpus, TrainingRanks.ALONE);
            } catch (CheckpointException e) {
                System.err.println(newest + " is left out: " + e.getMessage());
            }
        }
        return Training.start(manager, planned.model(), planned.training(), corpus);
    }

    private void train(
            Training run, SharedFolder folder, Path file, Duration saveEvery, LongAccumulator steps)
            throws IOException {
        long saved = System.nanoTime();
        while (!run.isDone()) {
            int left = run.config().maxSteps() - run.stepsDone();
            steps.add(run.steps(Math.min(STEPS, left)).length);
            if (!run.isDone() && System.nanoTime() - saved >= saveEvery.toNanos()) {
                TreeSet<String> before = checkpoints(folder);
                run.write(file);
                folder.write(
                        CHECKPOINT.formatted(name(), run.stepsDone()), Files.readAllBytes(file));
                for (String older : before) {
                    folder.delete(older);
                }
                saved = System.nanoTime();
            }
            if (TaskContext.get().isInterrupted()) {
                throw new TaskKilledException("the sweep was stopped");
            }
        }
    }

    private String name() {
        return planned.name();
    }

    private TreeSet<String> checkpoints(SharedFolder folder) throws IOException {
        TreeSet<String> own = new TreeSet<>(folder.list());
        own.removeIf(file -> !file.startsWith(name() + "@"));
        return own;
    }
}
