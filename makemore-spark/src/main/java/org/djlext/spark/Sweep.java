/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import java.io.IOException;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.LongAccumulator;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.train.TrainingConfig;

/**
 * Many trainings on the same names, a task each, of which the best model is kept.
 *
 * <p>All that is known of a run is in files of one folder: what has come of it in NAME.json, its
 * model in NAME.safetensors, and while it is under way a checkpoint now and then. So a sweep that
 * was stopped, in whatever way, is resumed by starting it again: what is done is not done again,
 * and what was under way goes on from its checkpoint, to the same numbers. More runs may be added.
 *
 * <p>Spark's pages show the accumulator "steps" of all runs together.
 */
public final class Sweep {

    /** The end of the name of a model's checkpoint. */
    public static final String MODEL = ".safetensors";

    static final String RESULT = ".json";

    private final SparkSession session;
    private final SharedFolder folder;
    private final Duration saveEvery;

    /**
     * A run that is to be done.
     *
     * @param name its name in the folder and in the results
     * @param model the model
     * @param training how it is trained
     */
    public record Run(String name, ModelConfig model, TrainingConfig training)
            implements Serializable {

        private static final String NAME = "[\\w=,-][\\w=,.-]*";

        /**
         * Checks the name.
         *
         * @param name letters, digits and _ - = , .
         * @param model the model
         * @param training how it is trained
         * @throws IllegalArgumentException if it cannot be the name of a file
         */
        public Run {
            if (!name.matches(NAME)) {
                throw new IllegalArgumentException(
                        "the name of a run becomes that of files, so it must be of letters, digits"
                                + " and _ - = , . but is \""
                                + name
                                + "\"");
            }
        }
    }

    /**
     * What has come of a run.
     *
     * @param name the run
     * @param devLoss the loss of the dev set in nats a character; infinite if the run failed
     * @param steps how many steps it has done
     * @param seconds how long they took, in the last attempt
     * @param error why it failed, or nothing
     */
    public record Result(String name, double devLoss, int steps, double seconds, String error) {}

    /**
     * Opens a sweep.
     *
     * @param session the session
     * @param folder the folder, in a file system that all executors see; made if it is not there
     * @param saveEvery how long a run works between two checkpoints
     */
    public Sweep(SparkSession session, String folder, Duration saveEvery) {
        this.session = session;
        this.folder = new SharedFolder(session, folder);
        this.saveEvery = saveEvery;
    }

    /**
     * Does the runs that are not done, and deletes the models of all but the best of these.
     *
     * @param names the names, split as the lectures do
     * @param runs the runs
     * @return what has come of each, the best first
     * @throws IllegalArgumentException if two runs have one name
     * @throws DataFileException if what is in the folder was trained on other names
     * @throws IOException if the folder cannot be read or written
     */
    public List<Result> train(List<String> names, List<Run> runs) throws IOException {
        Set<String> there = folder.list();
        Set<String> distinct = new HashSet<>();
        List<Result> results = new ArrayList<>();
        List<SweepTask> left = new ArrayList<>();
        String sha256 = NamesCorpus.of(names).sha256();
        for (Run run : runs) {
            if (!distinct.add(run.name)) {
                throw new IllegalArgumentException(
                        "each run of a sweep needs a name of its own, but there are two of "
                                + run.name);
            }
            SweepTask task = new SweepTask(run);
            if (there.contains(run.name + RESULT)) {
                results.add(task.result(folder, sha256));
            } else {
                left.add(task);
            }
        }
        if (!left.isEmpty()) {
            train(names, left, runs.size());
        }
        for (SweepTask task : left) {
            results.add(task.result(folder, sha256));
        }
        results.sort(Comparator.comparingDouble(Result::devLoss));
        for (Result worse : results.subList(Math.min(1, results.size()), results.size())) {
            folder.delete(worse.name + MODEL);
        }
        return results;
    }

    private void train(List<String> names, List<SweepTask> left, int all) {
        JavaSparkContext spark = new JavaSparkContext(session.sparkContext());
        spark.setJobDescription(
                "sweep in %s: %d runs, of which %d are done"
                        .formatted(folder, all, all - left.size()));
        Broadcast<List<String>> data = spark.broadcast(new ArrayList<>(names));
        LongAccumulator steps = session.sparkContext().longAccumulator("steps");
        SharedFolder shared = folder;
        Duration every = saveEvery;
        spark.parallelize(left, left.size())
                .foreach(task -> task.run(data.value(), shared, every, steps));
        data.destroy();
    }
}
