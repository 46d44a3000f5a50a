/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.djlext.compile.ParallelRun.Case;
import org.djlext.compile.ParallelRun.Result;
import org.djlext.distributed.ProcessGroup;
import org.djlext.testing.Ranks;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A rank in this JVM and one in Python train a network together, as one process does alone. */
@EnabledOnOs(OS.LINUX)
class PythonRankTest {

    @ParameterizedTest
    @CsvSource({"0, SGD", "1, ADAMW"})
    void trainsTogetherWithPyTorch(int rank, Case what, @TempDir Path dir) throws Exception {
        String python = System.getenv("TORCH_PYTHON");
        assumeTrue(python != null, "left out: TORCH_PYTHON names no Python with PyTorch 2");
        Path data = dir.resolve("data");
        Files.write(data, littleEndian(ParallelRun.inputs()));
        Path script = dir.resolve("rank.py");
        try (var in = Objects.requireNonNull(getClass().getResourceAsStream("/compile/rank.py"))) {
            Files.copy(in, script);
        }
        int port = Ranks.freePort();
        ProcessBuilder builder =
                new ProcessBuilder(python, script.toString(), data.toString(), what.name());
        builder.environment()
                .putAll(
                        Map.of(
                                "MASTER_ADDR",
                                "127.0.0.1",
                                "MASTER_PORT",
                                Integer.toString(port),
                                "RANK",
                                Integer.toString(1 - rank),
                                "WORLD_SIZE",
                                "2"));
        Process process = builder.redirectError(dir.resolve("err").toFile()).start();
        Result ours;
        try (ProcessGroup group =
                ProcessGroup.init("127.0.0.1:" + port, rank, 2, Duration.ofSeconds(60))) {
            ours = ParallelRun.run(what, group);
            String line =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(0, process.waitFor(), Files.readString(dir.resolve("err")));
            Result theirs = Result.parse(line);
            assertClose(ours.losses(), theirs.losses(), 0);
            // Each updates by its own kernels.
            assertClose(ours.values(), theirs.values(), 1e-6);
        }
        // The values at first are those of rank 0, which may be Python's.
        if (rank == 0) {
            assertClose(ParallelRun.run(what, null).losses(), ours.losses(), 1e-6);
        }
    }

    private static void assertClose(
            List<? extends Number> expected, List<? extends Number> actual, double tolerance) {
        assertEquals(expected.size(), actual.size());
        for (int i = 0; i < expected.size(); i++) {
            double difference =
                    Math.abs(expected.get(i).doubleValue() - actual.get(i).doubleValue());
            assertTrue(difference <= tolerance, i + " differs by " + difference);
        }
    }

    private static byte[] littleEndian(float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return bytes.array();
    }
}
