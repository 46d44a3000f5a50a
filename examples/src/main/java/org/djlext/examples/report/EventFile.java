/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.zip.CRC32C;

/**
 * Writes numbers as TensorBoard reads them.
 *
 * <p>The file is a sequence of records as in TFRecord files, all numbers little-endian:
 *
 * <pre>
 * uint64 length of the data
 * uint32 masked CRC32C of the length
 * byte   data[length]
 * uint32 masked CRC32C of the data
 * </pre>
 *
 * <p>The data are messages of protocol buffers, {@code Event} of TensorFlow's {@code event.proto}
 * and {@code Summary} of its {@code summary.proto}. The first says the version of the format, the
 * second that a session starts, upon which TensorBoard drops what an earlier file in the folder has
 * from that step on. Each of the others has one number.
 */
final class EventFile implements Closeable {

    private static final String VERSION = "brain.Event:2";
    private static final int MASK_DELTA = 0xa282ead8;
    private static final int MASK_ROTATION = 15;
    private static final double NANOS = 1e9;

    // Numbers of the fields of Event and of the messages in it.
    private static final int WALL_TIME = 1;
    private static final int STEP = 2;
    private static final int FILE_VERSION = 3;
    private static final int SUMMARY = 5;
    private static final int SESSION_LOG = 7;
    private static final int SESSION_STATUS = 1;
    private static final int SUMMARY_VALUE = 1;
    private static final int VALUE_TAG = 1;
    private static final int VALUE_SIMPLE = 2;

    private static final int SESSION_START = 1;

    // How the protocol's wire format stores a field.
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;

    private final OutputStream out;
    private final InstantSource clock;

    /**
     * Begins a file.
     *
     * @param out where it goes; closed with this
     * @param clock tells the wall time of each number
     * @param firstStep the step that comes first
     */
    EventFile(OutputStream out, InstantSource clock, int firstStep) throws IOException {
        this.out = out;
        this.clock = clock;
        byte[] version = VERSION.getBytes(StandardCharsets.US_ASCII);
        write(0, message(version.length).put(field(FILE_VERSION, version)));
        byte[] start = {(SESSION_STATUS << 3) | VARINT, SESSION_START};
        write(firstStep, message(start.length).put(field(SESSION_LOG, start)));
    }

    /** Adds a number. */
    void scalar(String tag, int step, float value) throws IOException {
        byte[] name = tag.getBytes(StandardCharsets.UTF_8);
        ByteBuffer number =
                message(name.length)
                        .put(field(VALUE_TAG, name))
                        .put((byte) ((VALUE_SIMPLE << 3) | FIXED32))
                        .putFloat(value);
        byte[] summary = field(SUMMARY_VALUE, bytes(number));
        write(step, message(summary.length).put(field(SUMMARY, summary)));
    }

    /** Writes an event of wall time, step and what has happened. */
    private void write(int step, ByteBuffer what) throws IOException {
        Instant now = clock.instant();
        ByteBuffer event =
                message(what.position())
                        .put((byte) ((WALL_TIME << 3) | FIXED64))
                        .putDouble(now.getEpochSecond() + now.getNano() / NANOS);
        if (step != 0) { // the protocol leaves out what is 0
            varint(event.put((byte) ((STEP << 3) | VARINT)), step);
        }
        byte[] data = bytes(event.put(what.flip()));
        byte[] length = bytes(message(0).putLong(data.length));
        out.write(
                bytes(
                        message(data.length)
                                .put(length)
                                .putInt(maskedCrc(length))
                                .put(data)
                                .putInt(maskedCrc(data))));
    }

    /** Returns room for a message around a content. */
    private static ByteBuffer message(int content) {
        return ByteBuffer.allocate(content + Integer.SIZE).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] field(int number, byte[] content) {
        ByteBuffer field = message(content.length).put((byte) ((number << 3) | BYTES));
        varint(field, content.length);
        return bytes(field.put(content));
    }

    private static void varint(ByteBuffer to, int value) {
        int rest = value;
        for (; rest > 0x7f; rest >>>= 7) {
            to.put((byte) ((rest & 0x7f) | 0x80));
        }
        to.put((byte) rest);
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.flip().remaining()];
        buffer.get(bytes);
        return bytes;
    }

    /** The checksum rotated and moved, since one of data that hold checksums has weaknesses. */
    private static int maskedCrc(byte[] data) {
        CRC32C crc = new CRC32C();
        crc.update(data);
        return Integer.rotateRight((int) crc.getValue(), MASK_ROTATION) + MASK_DELTA;
    }

    /** Hands all numbers so far to the system. */
    void flush() throws IOException {
        out.flush();
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
