/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.djlext.makemore.launch.RankProcess;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A standalone cluster of a master and two workers on this machine, one of whose executors is
 * killed while two ranks train. Run by {@code ./mvnw -Pspark-cluster -pl makemore-spark -am
 * verify}.
 */
class SparkClusterIT {

    private final Path dir;
    private final List<Process> processes = new ArrayList<>();

    SparkClusterIT(@TempDir Path dir) {
        this.dir = dir;
    }

    private static List<Path> classPath() {
        String path =
                System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path"));
        return Arrays.stream(path.split(File.pathSeparator)).map(Path::of).toList();
    }

    private Process start(String name, String command) throws IOException {
        List<String> all = new ArrayList<>();
        all.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        all.addAll(
                List.of(
                        "-Xmx512m",
                        "@" + Path.of("jvm.args").toAbsolutePath(),
                        "-cp",
                        dir.resolve("spark/jars") + "/*"));
        all.addAll(List.of(command.split(" ", -1)));
        ProcessBuilder builder =
                new ProcessBuilder(all)
                        .redirectErrorStream(true)
                        .redirectOutput(dir.resolve(name + ".log").toFile());
        builder.environment().put("SPARK_HOME", dir.resolve("spark").toString());
        builder.environment().put("SPARK_SCALA_VERSION", "2.13");
        builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
        builder.environment().put("SPARK_WORKER_DIR", dir.resolve(name).toString());
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    @AfterEach
    void stop() throws IOException {
        SparkSession.getDefaultSession()
                .foreach(
                        session -> {
                            session.stop();
                            return null;
                        });
        for (Process process : processes) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        try (Stream<Path> links = Files.list(dir.resolve("spark/jars"))) {
            for (Path link : links.toList()) {
                Files.delete(link); // or JUnit warns of each
            }
        }
    }

    @Test
    @Timeout(600)
    void aTrainingSurvivesTheKillOfAnExecutor() throws Exception {
        Path jars = Files.createDirectories(dir.resolve("spark/jars"));
        List<String> own = new ArrayList<>();
        for (Path entry : classPath()) {
            if (entry.toString().endsWith(".jar") && Files.isRegularFile(entry)) {
                Path link = jars.resolve(entry.getFileName());
                if (!Files.exists(link)) {
                    Files.createSymbolicLink(link, entry.toAbsolutePath());
                }
            } else {
                own.add(entry.toAbsolutePath().toString());
            }
        }
        int port = RankProcess.freePort();
        String master = "spark://127.0.0.1:" + port;
        String deploy = "org.apache.spark.deploy.";
        start("master", deploy + "master.Master --host 127.0.0.1 --webui-port 0 --port " + port);
        String worker = "worker.Worker --host 127.0.0.1 --webui-port 0 --cores 1 --memory 1g ";
        List<Process> workers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            workers.add(start("worker" + i, deploy + worker + master));
        }
        SparkSession session =
                SparkSession.builder()
                        .master(master)
                        .appName("cluster")
                        .config("spark.driver.host", "127.0.0.1")
                        .config("spark.driver.bindAddress", "127.0.0.1")
                        .config("spark.ui.enabled", "false")
                        .config("spark.executor.memory", "512m")
                        .config(
                                "spark.executor.extraClassPath",
                                String.join(File.pathSeparator, own))
                        .getOrCreate();
        Path undisturbed = dir.resolve("undisturbed");
        assertEquals(0, SparkTrainTest.train(master, undisturbed).code());

        Path killed = dir.resolve("killed");
        CompletableFuture<MakemoreSparkTest.Outcome> outcome =
                CompletableFuture.supplyAsync(() -> SparkTrainTest.train(master, killed));
        while (!Files.exists(SparkTrainTest.newest(killed)) && !outcome.isDone()) {
            Thread.sleep(5);
        }
        List<ProcessHandle> executors = workers.get(1).children().toList();
        assertEquals(1, executors.size());
        assertTrue(executors.get(0).destroyForcibly());
        assertEquals(0, outcome.get(300, TimeUnit.SECONDS).code());
        session.stop();
        SparkTrainTest.assertSame(undisturbed, killed);
    }
}
