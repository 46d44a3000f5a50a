/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import java.io.IOException;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.djlext.makemore.data.MakemoreException;
import org.djlext.makemore.launch.RankProcess;
import scala.Function1;
import scala.collection.Iterator;
import scala.reflect.ClassTag$;

/**
 * Starts the ranks of a distributed program as the tasks of a barrier stage: what torchrun, or
 * {@code makemore launch}, does on one machine.
 *
 * <p>Spark only starts them all together and tells each where rank 0 is. A rank is a JVM of its own
 * with RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT in its environment; what they compute together
 * goes directly between them ({@code org.djlext.distributed.ProcessGroup}). When one fails Spark
 * ends the stage, and with their tasks the others.
 *
 * <p>A barrier stage does not recover, so this starts all ranks again, up to so many times. The
 * program has to go on from its newest checkpoint by itself: its arguments can differ by attempt.
 */
public final class RankLaunch implements Serializable {

    private static final long serialVersionUID = 1L;

    private static final Duration POLL = Duration.ofMillis(100);
    private static final int LINES = 20;
    private static final String ENDED = " ended with the exit code ";
    private static final String MISTAKE = ENDED + "2,";
    private static final Pattern SAID =
            Pattern.compile(Pattern.quote(MakemoreException.class.getName()) + ": (.*)");

    private final String main;
    private final int worldSize;
    private final List<String> jvmOptions;

    /**
     * Describes a program.
     *
     * @param main the class that has its main; on the executors' class path
     * @param worldSize how many ranks
     * @param jvmOptions options of each rank's JVM, such as -Xmx1g
     */
    public RankLaunch(String main, int worldSize, List<String> jvmOptions) {
        if (worldSize < 1) {
            throw new IllegalArgumentException(
                    "the world size must be at least 1, but is " + worldSize);
        }
        this.main = main;
        this.worldSize = worldSize;
        this.jvmOptions = List.copyOf(jvmOptions);
    }

    /**
     * Runs the program.
     *
     * @param session the session, which needs a free core for each rank
     * @param arguments the arguments of each rank, asked for in the driver before each attempt by
     *     how many have failed
     * @param maxRestarts how often all ranks are started again after a failure
     * @throws IllegalArgumentException if this machine alone is to run them and has too few cores
     * @throws MakemoreException if the last attempt has failed too, or one by a mistake of the user
     *     (exit code 2), which would be made again
     */
    public void run(SparkSession session, IntFunction<List<String>> arguments, int maxRestarts) {
        String master = session.sparkContext().master();
        int cores = session.sparkContext().defaultParallelism();
        if (master.matches("local(\\[.*)?") && cores < worldSize) {
            // Spark itself would wait for more cores for ten minutes.
            throw new IllegalArgumentException(
                    "each of %d ranks needs a core, but %s has %d; try --master local[%d]"
                            .formatted(worldSize, master, cores, worldSize));
        }
        for (int attempt = 0; ; attempt++) {
            List<String> now = List.copyOf(arguments.apply(attempt));
            try {
                attempt(session.sparkContext(), now, attempt);
                return;
            } catch (Exception e) { // Scala throws what it does not declare
                MakemoreException failure = failure(e);
                if (attempt == maxRestarts
                        || String.valueOf(failure.getMessage()).contains(MISTAKE)) {
                    throw failure;
                }
                System.err.println("attempt " + (attempt + 1) + " failed: " + failure.getMessage());
            }
        }
    }

    private void attempt(SparkContext context, List<String> arguments, int attempt) {
        JavaSparkContext spark = new JavaSparkContext(context);
        spark.setJobDescription(
                "%d ranks of %s, attempt %d".formatted(worldSize, main, attempt + 1));
        List<Integer> ranks = IntStream.range(0, worldSize).boxed().toList();
        spark.parallelize(ranks, worldSize)
                .rdd()
                .barrier()
                .mapPartitions(
                        (Function1<Iterator<Integer>, Iterator<Integer>> & Serializable)
                                part -> rank(part, arguments),
                        false,
                        ClassTag$.MODULE$.<Integer>apply(Integer.class))
                .count();
    }

    /**
     * Returns what the first rank that failed said. Of a barrier stage Spark keeps no exception,
     * only the text of its trace.
     */
    private static MakemoreException failure(Exception e) {
        String message = String.valueOf(e.getMessage());
        Matcher said = SAID.matcher(message);
        MakemoreException failure =
                new MakemoreException(
                        said.find() ? said.group(1) : message.lines().findFirst().orElse(message));
        failure.initCause(e);
        return failure;
    }

    /** Is a task: one rank. */
    private Iterator<Integer> rank(Iterator<Integer> ranks, List<String> arguments) {
        BarrierTaskContext task = BarrierTaskContext.get();
        int rank = task.partitionId();
        String host = task.getTaskInfos()[0].address().replaceFirst(":\\d+$", "");
        try {
            String free = rank == 0 ? String.valueOf(RankProcess.freePort()) : "";
            int port = Integer.parseInt(task.allGather(free)[0]);
            Output output = new Output("rank " + rank);
            try (RankProcess process =
                    RankProcess.start(
                            List.of(),
                            new RankProcess.Program(main, arguments, jvmOptions, Map.of()),
                            rank,
                            worldSize,
                            isThisMachine(host) ? "127.0.0.1" : host,
                            port,
                            output::add,
                            output::add)) {
                while (!process.await(POLL)) {
                    if (task.isInterrupted()) {
                        throw new MakemoreException(process + " was cancelled");
                    }
                }
                output.requireZero(process.process().exitValue());
            }
        } catch (IOException e) {
            throw new MakemoreException("rank " + rank + " could not be started: " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MakemoreException("rank " + rank + " was cancelled");
        }
        return ranks;
    }

    /** In local mode all ranks are here, and the address may be the machine's name. */
    private static boolean isThisMachine(String host) {
        return SparkEnv.get().conf().get("spark.master").startsWith("local")
                || host.equals("localhost");
    }

    /** Passes on what a rank prints, and remembers the last of it. */
    private static final class Output {

        private final String name;
        private final Deque<String> last = new ArrayDeque<>();

        Output(String name) {
            this.name = name;
        }

        synchronized void add(String line) {
            System.out.println(name + ": " + line);
            last.add(line);
            if (last.size() > LINES) {
                last.remove();
            }
        }

        synchronized void requireZero(int exitCode) {
            if (exitCode != 0) {
                throw new MakemoreException(
                        name + ENDED + exitCode + ", and last said: " + String.join(" / ", last));
            }
        }
    }
}
