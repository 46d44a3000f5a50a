/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;

import org.djlext.files.FileFailure;
import org.djlext.files.InputFile;
import org.djlext.files.Json;
import org.djlext.files.OutputFile;
import org.djlext.makemore.data.DataFileException;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The numbers of a run in its folder, for other programs: {@code metrics.csv} with a line {@code
 * step,name,value} for each, and a file for TensorBoard. They are at most a second behind the
 * training. {@code settings.json} says what was trained, a text for each setting.
 */
final class MetricFiles implements Closeable {

    /** The name of the file of text. */
    static final String CSV = "metrics.csv";

    /** The name of the file of settings. */
    static final String SETTINGS = "settings.json";

    private static final String EVENTS = "events.out.tfevents.";
    private static final String HEADER = "step,name,value\n";
    private static final long FLUSH_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Path folder;
    private final Writer csv;
    private final EventFile events;
    private long flushed = System.nanoTime();

    /** Takes the numbers of a file. */
    interface Sink {
        void add(String name, int step, float value);
    }

    /**
     * Opens the files. A run that is resumed keeps its lines up to the step that it resumes at, and
     * starts another file for TensorBoard beside the first.
     *
     * @param folder the folder of the run
     * @param from the first step of this process; with 0, files of an earlier run are replaced
     * @param settings the settings of the run
     * @param earlier takes what the run had before that step
     */
    MetricFiles(Path folder, int from, Map<String, String> settings, Sink earlier) {
        this.folder = folder;
        try {
            StringBuilder kept = new StringBuilder(HEADER);
            if (from > 0 && Files.exists(folder.resolve(CSV))) {
                read(
                        folder,
                        from,
                        (name, step, value) -> {
                            kept.append(line(name, step, value));
                            earlier.add(name, step, value);
                        });
            }
            OutputFile.writeString(
                    folder.resolve(SETTINGS),
                    new GsonBuilder().setPrettyPrinting().create().toJson(settings) + "\n");
            OutputFile.writeString(folder.resolve(CSV), kept.toString());
            csv = Files.newBufferedWriter(folder.resolve(CSV), StandardOpenOption.APPEND);
            events = events(from);
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private EventFile events(int from) throws IOException {
        if (from == 0) {
            try (DirectoryStream<Path> old = Files.newDirectoryStream(folder, EVENTS + "*")) {
                for (Path file : old) {
                    Files.delete(file);
                }
            }
        }
        InstantSource clock = InstantSource.system();
        // TensorBoard reads the files of a folder in the order of their names.
        for (long seconds = clock.instant().getEpochSecond(); ; seconds++) {
            Path file = folder.resolve(String.format(Locale.ROOT, "%s%010d.run", EVENTS, seconds));
            try {
                return new EventFile(
                        new BufferedOutputStream(
                                Files.newOutputStream(file, StandardOpenOption.CREATE_NEW)),
                        clock,
                        from);
            } catch (FileAlreadyExistsException e) {
                // of a run that ended within this second
            }
        }
    }

    /**
     * Reads the numbers of a run. A last line that is cut off, of a process that was killed, is
     * left out.
     *
     * @param folder the folder of the run
     * @param before the step before whose mini-batch to stop
     * @param sink takes the numbers
     */
    static void read(Path folder, int before, Sink sink) {
        Path file = folder.resolve(CSV);
        String text;
        try {
            text = InputFile.readString(file);
        } catch (IOException e) {
            throw new DataFileException("the file of metrics " + file + " " + e.getMessage());
        }
        String[] lines = text.substring(0, text.lastIndexOf('\n') + 1).split("\r?\n", -1);
        for (int i = 1; i < lines.length - 1; i++) {
            String[] parts = lines[i].split(",", -1);
            try {
                int step = Integer.parseInt(parts[0]);
                if (parts[1].equals(Metrics.TRAIN_LOSS) && step >= before) {
                    return;
                }
                sink.add(parts[1], step, Float.parseFloat(parts[2]));
            } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
                throw new DataFileException(
                        "%s, line %d must be step,name,value, with steps in order, but is '%s'"
                                .formatted(file, i + 1, lines[i]));
            }
        }
    }

    /** Reads the settings of a run, which it may not have. */
    static Map<String, String> readSettings(Path folder) {
        Map<String, String> settings = new LinkedHashMap<>();
        Path file = folder.resolve(SETTINGS);
        if (Files.exists(file)) {
            try {
                Json.parseObject(InputFile.readString(file))
                        .entrySet()
                        .forEach(e -> settings.put(e.getKey(), text(e.getValue())));
            } catch (IOException | IllegalArgumentException e) {
                throw new DataFileException(
                        "%s must be a JSON object of texts: %s".formatted(file, e.getMessage()));
            }
        }
        return settings;
    }

    private static String text(JsonElement value) {
        if (!value.isJsonPrimitive()) {
            throw new IllegalArgumentException("it has " + value);
        }
        return value.getAsString();
    }

    private static String line(String name, int step, float value) {
        return step + "," + name + "," + value + "\n";
    }

    void add(String name, int step, float value) {
        try {
            csv.write(line(name, step, value));
            events.scalar(name, step, value);
            if (System.nanoTime() - flushed > FLUSH_NANOS) {
                flush();
            }
        } catch (IOException e) {
            throw failure(e);
        }
    }

    void flush() throws IOException {
        csv.flush();
        events.flush();
        flushed = System.nanoTime();
    }

    private DataFileException failure(IOException e) {
        return new DataFileException(
                "the metrics cannot be written to " + folder + ": " + FileFailure.reason(e));
    }

    @Override
    public void close() {
        try (csv;
                events) {
            flush();
        } catch (IOException e) {
            throw failure(e);
        }
    }
}
