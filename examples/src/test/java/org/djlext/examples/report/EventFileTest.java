/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.djlext.examples.Python;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.framework.Summary;
import org.tensorflow.util.Event;
import org.tensorflow.util.SessionLog;

class EventFileTest {

    private static final int HEADER = 12;
    private static final int FOOTER = 4;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private EventFile start(int step) throws IOException {
        return new EventFile(out, InstantSource.fixed(Instant.ofEpochSecond(1, 500_000_000)), step);
    }

    /**
     * Every event file starts with these 12 bytes: 24, and the masked checksum that TensorFlow
     * writes after it. The data are those of the specification of protocol buffers: field 1 is a
     * double (tag 09), field 3 is a text (tag 1a) of 13 bytes.
     */
    @Test
    void theFirstRecordIsThatOfTensorFlow() throws IOException {
        start(0).close();
        String first = HexFormat.of().formatHex(out.toByteArray(), 0, HEADER + 24);
        assertEquals(
                "1800000000000000a37f4b22"
                        + "09000000000000f83f"
                        + "1a0d627261696e2e4576656e743a32",
                first);
    }

    /** By polynomial division bit by bit, as Castagnoli's polynomial is defined. */
    private static int maskedCrc(byte[] data) {
        int crc = -1;
        for (byte b : data) {
            crc ^= b & 0xff;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 1) == 0 ? crc >>> 1 : (crc >>> 1) ^ 0x82f63b78;
            }
        }
        crc = ~crc;
        return ((crc >>> 15) | (crc << 17)) + 0xa282ead8;
    }

    private List<Event> events() throws IOException {
        List<Event> events = new ArrayList<>();
        byte[] file = out.toByteArray();
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < file.length; ) {
            int length = (int) bytes.getLong(at);
            assertEquals(
                    maskedCrc(Arrays.copyOfRange(file, at, at + 8)),
                    bytes.getInt(at + 8),
                    "length");
            byte[] data = Arrays.copyOfRange(file, at + HEADER, at + HEADER + length);
            assertEquals(maskedCrc(data), bytes.getInt(at + HEADER + length), "data");
            events.add(Event.parseFrom(data));
            at += HEADER + length + FOOTER;
        }
        return events;
    }

    @Test
    void tensorFlowReadsWhatIsWritten() throws IOException {
        assertEquals(
                0xe3069283,
                unmasked(maskedCrc("123456789".getBytes(StandardCharsets.US_ASCII))),
                "published");
        String longName = "a/" + "я".repeat(300);
        try (EventFile file = start(300)) {
            file.scalar("train/loss", 300, 2.25f);
            file.scalar(longName, Integer.MAX_VALUE, Float.NEGATIVE_INFINITY);
            file.scalar("dev/loss", 0, 0);
            file.scalar("learning rate", 128, Float.NaN);
        }
        List<Event> events = events();
        assertEquals(6, events.size());
        assertTrue(events.stream().allMatch(event -> event.getWallTime() == 1.5));
        assertEquals("brain.Event:2", events.get(0).getFileVersion());
        assertEquals(SessionLog.SessionStatus.START, events.get(1).getSessionLog().getStatus());
        assertEquals(300, events.get(1).getStep());
        assertScalar("train/loss", 300, 2.25f, events.get(2));
        assertScalar(longName, Integer.MAX_VALUE, Float.NEGATIVE_INFINITY, events.get(3));
        assertScalar("dev/loss", 0, 0, events.get(4));
        assertScalar("learning rate", 128, Float.NaN, events.get(5));
        assertTrue(events.stream().allMatch(event -> event.getUnknownFields().asMap().isEmpty()));
    }

    /** TensorBoard's own reader, where it is installed. */
    @Test
    void tensorBoardReadsTheFolderOfARun(@TempDir Path dir) throws Exception {
        String python = Python.with("tensorboard");
        Metrics first = new Metrics();
        first.keepIn(dir, 0, Map.of());
        for (int step = 0; step < 10; step++) {
            first.add("train/loss", step, 1f / (1 + step));
            if (step % 4 == 2) {
                first.add("update ratio/wte.weight", step, -2.5f);
            }
        }
        first.close();
        Metrics resumed = new Metrics(); // at step 5, so that those from there on are dropped
        resumed.keepIn(dir, 5, Map.of());
        resumed.add("train/loss", 5, 7);
        resumed.close();
        String script =
                """
                import os, sys
                sys.stderr = open(os.devnull, "w") # it remarks that there is no TensorFlow
                from tensorboard.backend.event_processing import event_accumulator
                run = event_accumulator.EventAccumulator(sys.argv[1])
                run.Reload()
                for tag in sorted(run.Tags()["scalars"]):
                    print(tag, [(e.step, round(e.value, 4)) for e in run.Scalars(tag)])
                """;
        assertEquals(
                """
                train/loss [(0, 1.0), (1, 0.5), (2, 0.3333), (3, 0.25), (4, 0.2), (5, 7.0)]
                update ratio/wte.weight [(2, -2.5)]
                """,
                Python.run(new ProcessBuilder(python, "-c", script, dir.toString())));
    }

    private static int unmasked(int masked) {
        int crc = masked - 0xa282ead8;
        return (crc >>> 17) | (crc << 15);
    }

    private static void assertScalar(String tag, int step, float value, Event event) {
        assertEquals(step, event.getStep());
        Summary.Value scalar = event.getSummary().getValue(0);
        assertEquals(1, event.getSummary().getValueCount());
        assertEquals(tag, scalar.getTag());
        assertEquals(Summary.Value.ValueCase.SIMPLE_VALUE, scalar.getValueCase());
        assertEquals(value, scalar.getSimpleValue());
    }
}
