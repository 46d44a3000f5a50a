/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import java.io.ByteArrayOutputStream;
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

    private static final int MASK_DELTA = 0xa282ead8;
    private static final int MASK_ROTATION = 15;
    private static final double NANOS = 1e9;

    // The tags of fields: the number in a message, and how the protocol's wire format stores it.
    private static final byte VARINT = 0;
    private static final byte FIXED64 = 1;
    private static final byte BYTES = 2;
    private static final byte FIXED32 = 5;
    private static final byte WALL_TIME = (1 << 3) | FIXED64; // of Event
    private static final byte STEP = (2 << 3) | VARINT;
    private static final byte FILE_VERSION = (3 << 3) | BYTES;
    private static final byte SUMMARY = (5 << 3) | BYTES;
    private static final byte SESSION_LOG = (7 << 3) | BYTES;
    private static final byte SESSION_STATUS = (1 << 3) | VARINT; // of SessionLog
    private static final byte SUMMARY_VALUE = (1 << 3) | BYTES; // of Summary
    private static final byte VALUE_TAG = (1 << 3) | BYTES; // of a Value in it
    private static final byte VALUE_SIMPLE = (2 << 3) | FIXED32;

    private static final byte SESSION_START = 1;

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
        write(0, field(FILE_VERSION, "brain.Event:2".getBytes(StandardCharsets.US_ASCII)));
        write(firstStep, field(SESSION_LOG, SESSION_STATUS, SESSION_START));
    }

    /** Adds a number. */
    void scalar(String tag, int step, float value) throws IOException {
        byte[] name = field(VALUE_TAG, tag.getBytes(StandardCharsets.UTF_8));
        byte[] number = buffer(1 + Float.BYTES).put(VALUE_SIMPLE).putFloat(value).array();
        write(step, field(SUMMARY, field(SUMMARY_VALUE, joined(name, number))));
    }

    /** Writes an event of wall time, step and what has happened. */
    private void write(int step, byte[] what) throws IOException {
        Instant now = clock.instant();
        double seconds = now.getEpochSecond() + now.getNano() / NANOS;
        byte[] time = buffer(1 + Double.BYTES).put(WALL_TIME).putDouble(seconds).array();
        // The protocol leaves out what is 0.
        byte[] number = step == 0 ? new byte[0] : joined(new byte[] {STEP}, varint(step));
        byte[] data = joined(time, number, what);
        byte[] length = buffer(Long.BYTES).putLong(data.length).array();
        out.write(joined(length, maskedCrc(length), data, maskedCrc(data)));
    }

    private static byte[] field(byte tag, byte... content) {
        return joined(new byte[] {tag}, varint(content.length), content);
    }

    private static byte[] varint(int value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int rest = value;
        for (; rest > 0x7f; rest >>>= 7) {
            bytes.write((rest & 0x7f) | 0x80);
        }
        bytes.write(rest);
        return bytes.toByteArray();
    }

    private static ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    /** The checksum rotated and moved, since one of data that hold checksums has weaknesses. */
    private static byte[] maskedCrc(byte[] data) {
        CRC32C crc = new CRC32C();
        crc.update(data);
        int rotated = Integer.rotateRight((int) crc.getValue(), MASK_ROTATION);
        return buffer(Integer.BYTES).putInt(rotated + MASK_DELTA).array();
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
