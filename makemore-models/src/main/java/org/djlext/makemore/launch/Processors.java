/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Gives each rank of this machine processors of its own, as mpirun binds its processes. A thread of
 * gloo that wakes on the processor where another rank computes waits for its time slice, 3 ms, each
 * time that the ranks exchange something.
 */
final class Processors {

    private static final Path TASKSET = Path.of("/usr/bin/taskset");
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String ALLOWED = "Cpus_allowed_list:";

    private Processors() {}

    /**
     * Returns the command, before that of the rank itself, that binds it to its share; nothing
     * where there are fewer processors than ranks or no taskset, as on other systems than Linux.
     */
    static List<String> bind(int rank, int size) throws IOException {
        if (!Files.isExecutable(TASKSET)) {
            return List.of();
        }
        int[] all = allowed();
        if (all.length < size) {
            return List.of();
        }
        String own =
                IntStream.range(rank * all.length / size, (rank + 1) * all.length / size)
                        .mapToObj(i -> String.valueOf(all[i]))
                        .collect(Collectors.joining(","));
        return List.of(TASKSET.toString(), "-c", own);
    }

    /** Returns the numbers of the processors that this process may use. */
    private static int[] allowed() throws IOException {
        try (Stream<String> lines = Files.lines(STATUS)) {
            return lines.filter(line -> line.startsWith(ALLOWED))
                    .map(line -> line.substring(ALLOWED.length()).strip())
                    .flatMap(list -> Stream.of(list.split(",")))
                    .map(range -> range.split("-"))
                    .flatMapToInt(
                            ends ->
                                    IntStream.rangeClosed(
                                            Integer.parseInt(ends[0]),
                                            Integer.parseInt(ends[ends.length - 1])))
                    .toArray();
        }
    }
}
