/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ChildJvmTest {

    private static final List<String> SMALL = List.of("-Xmx64m", "-XX:TieredStopAtLevel=1");

    private final Path dir;

    ChildJvmTest(@TempDir Path dir) {
        this.dir = dir;
    }

    /** Writes its process to a file, and stays. */
    public static final class Sleeper {
        private Sleeper() {}

        /**
         * The main.
         *
         * @param args the file
         */
        public static void main(String[] args) throws IOException, InterruptedException {
            Path part = Path.of(args[0] + ".part");
            Files.writeString(part, String.valueOf(ProcessHandle.current().pid()));
            Files.move(part, Path.of(args[0]));
            Thread.sleep(100_000);
        }
    }

    /** Starts another, and is killed meanwhile. */
    public static final class Parent {
        private Parent() {}

        /**
         * The main.
         *
         * @param args the file
         */
        public static void main(String[] args) throws IOException, InterruptedException {
            sleeper(args[0]).run("child", () -> false);
        }
    }

    private static ChildJvm sleeper(String file) {
        return new ChildJvm(Sleeper.class.getName(), List.of(file), Map.of(), SMALL);
    }

    private static ProcessHandle started(Path file) throws IOException, InterruptedException {
        while (!Files.exists(file)) {
            Thread.sleep(20);
        }
        return ProcessHandle.of(Long.parseLong(Files.readString(file))).orElseThrow();
    }

    @Test
    void endsWithItsParentThoughThatIsKilled() throws Exception {
        Path file = dir.resolve("pid");
        Process parent =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx64m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Parent.class.getName(),
                                file.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(dir.resolve("out").toFile())
                        .start();
        ProcessHandle child = started(file);
        assertTrue(child.isAlive());
        parent.destroyForcibly();
        child.onExit().get(30, TimeUnit.SECONDS);
    }

    @Test
    void endsWhenItIsCancelled() throws Exception {
        Path file = dir.resolve("pid");
        ProcessException cancelled =
                assertThrows(
                        ProcessException.class,
                        () -> sleeper(file.toString()).run("child", () -> Files.exists(file)));
        assertEquals("child was cancelled", cancelled.getMessage());
        ProcessHandle.of(Long.parseLong(Files.readString(file)))
                .ifPresent(child -> child.onExit().join());
    }
}
