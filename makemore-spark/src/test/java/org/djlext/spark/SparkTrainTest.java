/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.djlext.examples.cli.CommandLines;
import org.djlext.examples.cli.Makemore;
import org.djlext.makemore.train.Checkpoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code makemore-spark train} beside {@code makemore train}. */
@EnabledOnOs(OS.LINUX)
@Timeout(120)
class SparkTrainTest {

    private static final int STEPS = 600;
    private static final String MODEL =
            " --model=transformer --n-layer=1 --n-embd=8 --n-head=2 --batch-size=16"
                    + " --eval-interval=300 --save-interval=20 --max-steps="
                    + STEPS;

    private final Path dir;

    SparkTrainTest(@TempDir Path dir) {
        this.dir = dir;
    }

    /** Trains in two ranks. */
    static MakemoreSparkTest.Outcome train(String master, Path folder) {
        return MakemoreSparkTest.run(
                "train --master=%s --world-size=2 --rank-java=-Xmx256m --work-dir=%s" + MODEL,
                master,
                folder);
    }

    /** Returns all numbers of a run: parameters, losses, and what the optimizer keeps. */
    static Map<String, float[]> numbers(Path folder) {
        try (NDManager manager = NDManager.newBaseManager()) {
            Map<String, float[]> numbers = new TreeMap<>();
            Checkpoint.read(newest(folder), manager)
                    .tensors()
                    .forEach(
                            (name, array) -> {
                                if (array.getDataType().isFloating()) {
                                    numbers.put(name, array.toFloatArray());
                                }
                            });
            return numbers;
        }
    }

    private static float[] losses(Path folder) {
        return Objects.requireNonNull(numbers(folder).get("losses"));
    }

    static Path newest(Path folder) {
        return folder.resolve("last.safetensors");
    }

    static void assertSame(Path expected, Path actual) {
        Map<String, float[]> a = numbers(expected);
        Map<String, float[]> b = numbers(actual);
        assertEquals(a.keySet(), b.keySet());
        a.forEach((name, values) -> assertArrayEquals(values, b.get(name), name));
    }

    @Test
    void twoRanksTrainAsOneProcessAlsoAfterTheLossOfOne() throws Exception {
        LocalSpark.session();
        Path alone = dir.resolve("alone");
        String[] one = ("train --work-dir=" + alone + MODEL).split(" ", -1);
        assertEquals(0, CommandLines.execute(Makemore.commandLine(), one));

        Path together = dir.resolve("together");
        MakemoreSparkTest.Outcome trained = train("local[2]", together);
        assertEquals(0, trained.code(), trained.err());
        assertEquals("the model is in " + together + "\n", trained.out());
        float[] expected = losses(alone);
        float[] losses = losses(together);
        assertEquals(STEPS, losses.length);
        assertArrayEquals(expected, losses, 1e-5f);

        Path killed = dir.resolve("killed");
        CompletableFuture<MakemoreSparkTest.Outcome> again =
                CompletableFuture.supplyAsync(() -> train("local[2]", killed));
        while (!Files.exists(newest(killed)) && !again.isDone()) {
            Thread.sleep(5);
        }
        // The children of this process are the ranks.
        assertTrue(
                ProcessHandle.current()
                        .children()
                        .filter(ProcessHandle::isAlive)
                        .findFirst()
                        .map(ProcessHandle::destroyForcibly)
                        .orElse(false));
        assertEquals(0, again.get(100, TimeUnit.SECONDS).code());
        assertSame(together, killed);
    }
}
