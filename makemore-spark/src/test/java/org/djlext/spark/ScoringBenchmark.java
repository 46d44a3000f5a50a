/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.djlext.files.OutputFile;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.launch.RankProcess;
import org.djlext.makemore.train.SavedModel;

/**
 * Scoring from Parquet to Parquet on two cores of Spark, beside two plain JVMs that score the same
 * names from their memory. With the lectures' names 1000 copies are 32 million, 100 a tenth:
 *
 * <pre>{@code
 * java -Xmx1g @makemore-spark/jvm.args \
 *     -cp "makemore-spark/target/test-classes:makemore-spark/target/makemore-spark-all.jar:$SPARK_HOME/jars/*" \
 *     org.djlext.spark.ScoringBenchmark runs/mlp/best.safetensors names.txt 100 /tmp/scoring
 * }</pre>
 */
final class ScoringBenchmark {

    private static final int ROUNDS = 3;

    private ScoringBenchmark() {}

    /**
     * The main.
     *
     * @param args a checkpoint, a file of names, how many copies of it, and a folder to write to
     */
    public static void main(String[] args) throws Exception {
        int copies = Integer.parseInt(args[2]);
        double plain = plain(args[0], args[1], copies);
        SparkSession session =
                SparkSession.builder().master("local[2]").appName("scoring").getOrCreate();
        session.sparkContext().setLogLevel("WARN");
        String in = args[3] + "/names";
        String out = args[3] + "/scored";
        Dataset<Row> names = session.read().text(args[1]).toDF("name");
        session.range(0, copies, 1, 8)
                .crossJoin(broadcast(names))
                .select("name")
                .write()
                .mode(SaveMode.Overwrite)
                .parquet(in);
        SharedModel model = SharedModel.read(session, args[0]);
        double best = 0;
        for (int round = 0; round < ROUNDS; round++) {
            long start = System.nanoTime();
            NameScoring.score(session.read().parquet(in), "name", model)
                    .write()
                    .mode(SaveMode.Overwrite)
                    .parquet(out);
            double seconds = (System.nanoTime() - start) / 1e9;
            Dataset<Row> scored = session.read().parquet(out);
            long count = scored.count();
            best = Math.max(best, count / seconds);
            System.out.printf(
                    Locale.ROOT,
                    "Spark: %,d names in %.1f s, %,.0f a second; sum %s; memory %s%n",
                    count,
                    seconds,
                    count / seconds,
                    scored.agg(ExactSumAggregator.function().apply(col(NameScoring.COLUMN)))
                            .head()
                            .getDouble(0),
                    memory());
        }
        System.out.printf(Locale.ROOT, "Spark is %.2f of two plain JVMs%n", best / plain);
        session.stop();
        System.exit(0);
    }

    /** Returns how many names a second two plain JVMs score, side by side. */
    private static double plain(String checkpoint, String names, int copies) throws Exception {
        long start = System.nanoTime();
        List<RankProcess> processes = new ArrayList<>();
        List<Path> results = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Path result = Files.createTempFile("plain", ".txt");
            results.add(result);
            processes.add(
                    RankProcess.start(
                            List.of(),
                            new RankProcess.Program(
                                    Plain.class.getName(),
                                    List.of(
                                            checkpoint,
                                            names,
                                            String.valueOf(copies / 2),
                                            result.toString()),
                                    List.of(
                                            "-Xmx512m",
                                            "-XX:TieredStopAtLevel=4", // as Spark's own JVM
                                            "-Dai.djl.pytorch.num_threads=1"),
                                    Map.of()),
                            i,
                            2,
                            "127.0.0.1",
                            0,
                            System.out::println,
                            System.err::println));
        }
        double sum = 0;
        for (int i = 0; i < 2; i++) {
            processes.get(i).process().waitFor();
            sum += Double.parseDouble(Files.readString(results.get(i)));
            Files.delete(results.get(i));
        }
        System.out.printf(
                Locale.ROOT,
                "two plain JVMs: %,.0f names a second, %.1f s in all%n",
                sum,
                (System.nanoTime() - start) / 1e9);
        return sum;
    }

    private static String memory() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmHWM"))
                .findFirst()
                .orElse("")
                .replaceAll("\\s+", " ");
    }

    /** Scores names from memory. */
    public static final class Plain {

        private Plain() {}

        /**
         * The main.
         *
         * @param args checkpoint, names, how often to score them, and a file for the names a second
         */
        public static void main(String[] args) throws IOException {
            List<String> names = Names.read(Path.of(args[1]));
            SavedModel saved = SavedModel.load(Path.of(args[0]), NDManager.newBaseManager());
            NameScorer scorer = new NameScorer(saved);
            scorer.score(names);
            int copies = Integer.parseInt(args[2]);
            BigDecimal sum = BigDecimal.ZERO;
            long start = System.nanoTime();
            for (int i = 0; i < copies; i++) {
                for (double score : scorer.score(names)) {
                    sum = sum.add(new BigDecimal(score));
                }
            }
            double rate = (double) copies * names.size() / ((System.nanoTime() - start) / 1e9);
            System.out.printf(
                    Locale.ROOT, "%,.0f names a second, sum %s%n", rate, sum.doubleValue());
            OutputFile.writeString(Path.of(args[3]), String.valueOf(rate));
            System.exit(0);
        }
    }
}
