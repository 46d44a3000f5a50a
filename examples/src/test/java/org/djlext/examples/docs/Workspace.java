/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A folder that looks like the root of the project to the commands of a page, and takes what they
 * write.
 *
 * @param folder the folder
 */
record Workspace(Path folder) {

    /** How much processor time a command may take, and how long, on a machine that is busy. */
    static final Duration LIMIT = Duration.ofSeconds(PageRun.LONG ? 3600 : 120);

    private static final int BUSY = 6;

    // Not linked: what a command may write to.
    private static final List<String> COPIED = List.of("docs");

    // Start-up is most of a command; the time of the networks is in native code.
    private static final String JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx512m";

    private static final String JAVA_NOTE = "NOTE: Picked up JDK_JAVA_OPTIONS";

    /**
     * What came of a command.
     *
     * @param exitCode its exit code, or -1 if it was stopped
     * @param out what it printed
     * @param err what it printed to the stream of errors
     */
    record Ran(int exitCode, String out, String err) {

        boolean timedOut() {
            return exitCode < 0;
        }

        String end() {
            List<String> lines = (out + "\n" + err).strip().lines().toList();
            return lines.subList(Math.max(0, lines.size() - 12), lines.size()).stream()
                    .map(line -> "    " + line)
                    .collect(Collectors.joining("\n"));
        }
    }

    /** Links what belongs to the project into an empty folder. */
    static Workspace in(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(Page.ROOT)) {
            for (Path entry : entries.toList()) {
                String name = entry.getFileName().toString();
                if (COPIED.contains(name)) {
                    copy(entry, folder.resolve(name));
                } else if (Files.isRegularFile(entry)
                        || Files.exists(entry.resolve("pom.xml"))
                        || name.equals(".mvn")) {
                    Files.createSymbolicLink(folder.resolve(name), entry);
                }
            }
        }
        String data = System.getenv("MAKEMORE_DATA");
        if (data != null) {
            try (Stream<Path> files = Files.list(Path.of(data))) {
                for (Path file : files.toList()) {
                    Files.createSymbolicLink(folder.resolve(file.getFileName()), file);
                }
            }
        }
        return new Workspace(folder);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }

    /** Runs a command as a shell does. */
    Ran run(String command) throws IOException, InterruptedException {
        Path out = Files.createTempFile("docs", ".out");
        Path err = Files.createTempFile("docs", ".err");
        try {
            ProcessBuilder builder =
                    new ProcessBuilder("bash", "-c", command)
                            .directory(folder.toFile())
                            .redirectInput(new File("/dev/null"))
                            .redirectOutput(out.toFile())
                            .redirectError(err.toFile());
            Map<String, String> environment = builder.environment();
            environment.put("JDK_JAVA_OPTIONS", JAVA_OPTIONS);
            environment.merge(
                    "PATH",
                    Path.of(System.getProperty("java.home"), "bin").toString(),
                    (path, bin) -> bin + File.pathSeparator + path);
            Process process = builder.start();
            int code = waitFor(process) ? process.exitValue() : -1;
            return new Ran(code, Files.readString(out), withoutNote(Files.readString(err)));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }

    /** Waits for the end, and makes one where the limit is reached. */
    private static boolean waitFor(Process process) throws InterruptedException {
        long end = System.nanoTime() + LIMIT.multipliedBy(BUSY).toNanos();
        while (!process.waitFor(100, TimeUnit.MILLISECONDS)) {
            Duration cpu =
                    Stream.concat(Stream.of(process.toHandle()), process.descendants())
                            .flatMap(p -> p.info().totalCpuDuration().stream())
                            .reduce(Duration.ZERO, Duration::plus);
            if (cpu.compareTo(LIMIT) > 0 || System.nanoTime() > end) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor();
                return false;
            }
        }
        return true;
    }

    private static String withoutNote(String text) {
        return text.lines()
                .filter(line -> !line.startsWith(JAVA_NOTE))
                .collect(Collectors.joining("\n"));
    }
}
