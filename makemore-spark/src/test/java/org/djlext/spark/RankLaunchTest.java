/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import static org.djlext.testing.Failures.assertFails;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.djlext.makemore.data.MakemoreException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class RankLaunchTest {

    private final SparkSession session = LocalSpark.session();
    private final Path dir;

    RankLaunchTest(@TempDir Path dir) {
        this.dir = dir;
    }

    /** Leaves a file that says who it was; the rank of the second argument fails, others wait. */
    public static final class Program {
        private Program() {}

        /**
         * The main.
         *
         * @param args a folder, the rank that fails, and its exit code
         */
        public static void main(String[] args) throws IOException, InterruptedException {
            int rank = Integer.parseInt(System.getenv("RANK"));
            Files.writeString(
                    Path.of(args[0], "rank" + rank + "-" + ProcessHandle.current().pid()),
                    String.join(
                            " ",
                            System.getenv("WORLD_SIZE"),
                            System.getenv("MASTER_ADDR"),
                            System.getenv("MASTER_PORT")));
            if (args.length > 1) {
                if (args[1].equals(String.valueOf(rank))) {
                    System.out.println("a loss that is NaN");
                    System.exit(Integer.parseInt(args[2]));
                }
                Thread.sleep(100_000);
            }
        }
    }

    private RankLaunch launch() {
        return new RankLaunch(Program.class.getName(), 2, List.of("-Xmx64m"));
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            return files.sorted().toList();
        }
    }

    @Test
    void eachRankKnowsItsPlace() throws IOException {
        launch().run(session, attempt -> List.of(dir.toString()), 0);
        List<Path> files = files();
        assertEquals(2, files.size(), files.toString());
        String first = Files.readString(files.get(0));
        assertEquals(first, Files.readString(files.get(1)));
        assertTrue(first.matches("2 127\\.0\\.0\\.1 \\d+"), first);
        assertTrue(files.get(0).getFileName().toString().startsWith("rank0-"));
        assertTrue(files.get(1).getFileName().toString().startsWith("rank1-"));
    }

    @Test
    void whenARankFailsAllAreStartedAgain() throws IOException {
        launch().run(
                        session,
                        attempt ->
                                attempt == 0
                                        ? List.of(dir.toString(), "1", "5")
                                        : List.of(dir.toString()),
                        2);
        assertEquals(4, files().size(), files().toString());
        // The one that waited was ended, not left behind.
        for (Path file : files()) {
            long pid = Long.parseLong(file.getFileName().toString().replaceFirst(".*-", ""));
            assertTrue(
                    ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty(), file::toString);
        }
    }

    @Test
    void aMistakeOfTheUserIsNotMadeAgain() throws IOException {
        assertFails(
                MakemoreException.class,
                "rank 1 ended with the exit code 2, and last said: a loss that is NaN",
                () -> launch().run(session, attempt -> List.of(dir.toString(), "1", "2"), 3));
        assertEquals(2, files().size(), files().toString());
    }

    @Test
    void theLastFailureIsWhatTheRankSaid() {
        assertFails(
                MakemoreException.class,
                "rank 0 ended with the exit code 5, and last said: a loss that is NaN",
                () -> launch().run(session, attempt -> List.of(dir.toString(), "0", "5"), 0));
        assertThrows(IllegalArgumentException.class, () -> new RankLaunch("x", 0, List.of()));
    }
}
