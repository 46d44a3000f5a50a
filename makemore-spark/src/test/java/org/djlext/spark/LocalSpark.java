/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingConfig;
import org.junit.jupiter.api.Assumptions;

/** Spark on two cores of this JVM, for all tests, and small models for it. */
final class LocalSpark {

    private static final int LAST_JAVA = 21; // that Spark 3.5 and 4.0 run on

    private static final int STEPS = 30;

    private LocalSpark() {}

    static SparkSession session() {
        Assumptions.assumeTrue(
                Runtime.version().feature() <= LAST_JAVA, "Spark runs on Java 17 and 21");
        return SparkSession.builder()
                .master("local[2]")
                .appName("tests")
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.ui.enabled", "false")
                .config("spark.sql.shuffle.partitions", "2")
                .getOrCreate();
    }

    /** Names as rows of one column. */
    static Dataset<Row> rows(List<String> names) {
        return session().createDataset(names, Encoders.STRING()).toDF("name");
    }

    /** Trains a model for some steps, and reads it for all tasks. */
    static SharedModel shared(Path folder, ModelType type) {
        return SharedModel.read(session(), model(folder, type).toString());
    }

    /** Trains a model for some steps on the embedded names, and returns its checkpoint. */
    static Path model(Path folder, ModelType type) {
        NamesCorpus corpus = NamesCorpus.of(Names.embedded());
        Path file = folder.resolve(type + ".safetensors");
        try (NDManager manager = NDManager.newBaseManager();
                Training run =
                        Training.start(
                                manager,
                                type.defaults(corpus.vocabulary().size(), corpus.longest()),
                                TrainingConfig.builder(STEPS)
                                        .learningRate(LearningRate.constant(0.01))
                                        .build(),
                                corpus)) {
            run.steps(STEPS);
            run.write(file);
        }
        return file;
    }
}
