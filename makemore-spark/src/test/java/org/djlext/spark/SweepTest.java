/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import static org.djlext.testing.Failures.assertContains;
import static org.djlext.testing.Failures.assertFails;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.OptimizerConfig;
import org.djlext.makemore.train.SavedModel;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class SweepTest {

    private static final List<String> NAMES = Names.embedded();
    private static final int STEPS = 1500;
    private static final NamesCorpus CORPUS = NamesCorpus.of(NAMES);

    private final SparkSession session = LocalSpark.session();
    private final Path dir;

    SweepTest(@TempDir Path dir) {
        this.dir = dir;
    }

    private static ModelConfig model(ModelType type) {
        return type.defaults(CORPUS.vocabulary().size(), CORPUS.longest());
    }

    private static Sweep.Run run(ModelType type, double rate, int steps) {
        return new Sweep.Run(
                type + "-lr=" + rate,
                model(type),
                TrainingConfig.builder(steps).learningRate(LearningRate.constant(rate)).build());
    }

    private Set<String> files() throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            return files.map(file -> file.getFileName().toString())
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    @Test
    void keepsTheBestModelAndWhatIsDone() throws IOException {
        Sweep sweep = new Sweep(session, dir.toString(), Duration.ofMinutes(1));
        List<Sweep.Run> runs = new ArrayList<>();
        for (double rate : new double[] {0.001, 0.1, 0.01}) {
            runs.add(run(ModelType.MLP, rate, 60));
        }
        List<Sweep.Result> results = sweep.train(NAMES, runs);
        assertEquals(
                List.of("mlp-lr=0.1", "mlp-lr=0.01", "mlp-lr=0.001"),
                results.stream().map(Sweep.Result::name).toList());
        assertEquals(
                Set.of(
                        "mlp-lr=0.1.safetensors",
                        "mlp-lr=0.1.json",
                        "mlp-lr=0.01.json",
                        "mlp-lr=0.001.json"),
                files());
        // Of one process, bit for bit, though two runs of this one have drawn by turns.
        try (NDManager manager = NDManager.newBaseManager();
                Training alone =
                        Training.start(
                                manager, runs.get(1).model(), runs.get(1).training(), CORPUS)) {
            alone.steps(60);
            assertEquals(alone.evaluate().dev(), results.get(0).devLoss());
            assertEquals(
                    runs.get(1).model(),
                    SavedModel.load(dir.resolve("mlp-lr=0.1.safetensors"), manager)
                            .model()
                            .config());
        }
        runs.add(run(ModelType.BIGRAM, 1, 30));
        List<Sweep.Result> more = sweep.train(NAMES, runs);
        assertEquals(4, more.size());
        assertTrue(more.containsAll(results), "what is done is not done again");
        assertFails(
                DataFileException.class,
                "the run mlp-lr=0.001 in "
                        + dir
                        + " was trained on other names; give this sweep another folder",
                () -> sweep.train(NAMES.subList(1, NAMES.size()), runs));
    }

    @Test
    void aRunThatDivergesIsAResult() throws IOException {
        List<Sweep.Result> results =
                new Sweep(session, dir.toString(), Duration.ofMinutes(1))
                        .train(
                                NAMES,
                                List.of(run(ModelType.MLP, 1e38, 50), run(ModelType.MLP, 0.1, 50)));
        assertEquals("mlp-lr=0.1", results.get(0).name());
        assertEquals(Double.POSITIVE_INFINITY, results.get(1).devLoss());
        assertContains(results.get(1).error(), "stopped");
        assertFalse(files().contains("mlp-lr=1.0E38.safetensors"));
    }

    @Test
    @Timeout(120)
    void aStoppedSweepIsResumedToTheSameNumbers() throws Exception {
        List<Sweep.Run> runs =
                List.of(run(ModelType.MLP, 0.1, STEPS), run(ModelType.BOW, 0.1, STEPS));
        Sweep sweep = new Sweep(session, dir.toString(), Duration.ZERO);
        CompletableFuture<List<Sweep.Result>> stopped =
                CompletableFuture.supplyAsync(
                        () -> {
                            try {
                                return sweep.train(NAMES, runs);
                            } catch (IOException e) {
                                throw new IllegalStateException(e);
                            }
                        });
        while (!stopped.isDone() && files().stream().noneMatch(f -> f.matches("\\w.*@.*"))) {
            Thread.sleep(10);
        }
        session.sparkContext().cancelAllJobs();
        assertThrows(Exception.class, () -> stopped.get(60, TimeUnit.SECONDS));
        assertTrue(files().stream().anyMatch(file -> file.contains("@")), files().toString());

        List<Sweep.Result> resumed = sweep.train(NAMES, runs);
        for (int i = 0; i < runs.size(); i++) {
            Sweep.Run run = runs.get(i);
            try (NDManager manager = NDManager.newBaseManager();
                    Training alone = Training.start(manager, run.model(), run.training(), CORPUS)) {
                alone.finish();
                double devLoss = alone.evaluate().dev();
                assertTrue(
                        resumed.stream()
                                .anyMatch(
                                        result ->
                                                result.name().equals(run.name())
                                                        && result.devLoss() == devLoss),
                        resumed + " " + devLoss);
            }
        }
        assertEquals(3, files().size(), files().toString());
    }

    @Test
    void gridTakesTheOptionsOfMakemoreTrain() {
        String options =
                "--model=mlp,transformer --n-embd 8 --learning-rate 0.1,0.2 --max-steps 40";
        List<Sweep.Run> runs = SweepGrid.runs(List.of(options.split(" ", -1)), CORPUS);
        assertEquals(
                List.of(
                        "lr=0.1,max-steps=40,model=mlp,n-embd=8",
                        "lr=0.1,max-steps=40,model=transformer,n-embd=8",
                        "lr=0.2,max-steps=40,model=mlp,n-embd=8",
                        "lr=0.2,max-steps=40,model=transformer,n-embd=8"),
                runs.stream().map(Sweep.Run::name).toList());
        Sweep.Run last = runs.get(3);
        assertEquals(model(ModelType.TRANSFORMER).with(Map.of("embedding", 8)), last.model());
        assertEquals(OptimizerConfig.Kind.ADAMW, last.training().optimizer().kind());
        assertEquals(0.2, last.training().rateAt(29));
        assertEquals(0.02, last.training().rateAt(30), 1e-12);
        assertEquals(0, last.training().evaluation().every());
        for (String wrong : List.of("--lr=fast", "--n-embd=0", "--report=x", "mlp")) {
            assertThrows(
                    RuntimeException.class, () -> SweepGrid.runs(List.of(wrong), CORPUS), wrong);
        }
    }

    @Test
    void namesOfRunsAreNamesOfFiles() {
        assertThrows(
                IllegalArgumentException.class,
                () ->
                        new Sweep.Run(
                                "../x", model(ModelType.MLP), TrainingConfig.builder(1).build()));
        Sweep sweep = new Sweep(session, dir.toString(), Duration.ofMinutes(1));
        Sweep.Run run = run(ModelType.MLP, 0.1, 5);
        assertThrows(IllegalArgumentException.class, () -> sweep.train(NAMES, List.of(run, run)));
    }
}
