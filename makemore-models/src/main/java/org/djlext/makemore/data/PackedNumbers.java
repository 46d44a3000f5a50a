/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Numbers that are written once, one after the other, and then read at random: in memory while they
 * are few, else in a temporary file. The system brings the pages of the file that are read to
 * memory, and takes them away again when memory is scarce.
 */
final class PackedNumbers {

    private final ByteBuffer bytes;
    private final int width;

    private PackedNumbers(ByteBuffer bytes, int width) {
        this.bytes = bytes;
        this.width = width;
    }

    int size() {
        return bytes.limit() / width;
    }

    /** Returns a number. */
    int get(int index) {
        return switch (width) {
            case 1 -> Byte.toUnsignedInt(bytes.get(index));
            case 2 -> Short.toUnsignedInt(bytes.getShort(2 * index));
            default -> bytes.getInt(4 * index);
        };
    }

    /** Returns consecutive bytes, of numbers of one byte. */
    byte[] bytes(int from, int to) {
        byte[] copy = new byte[to - from];
        bytes.get(from, copy);
        return copy;
    }

    /** Writes numbers. */
    static final class Writer implements AutoCloseable {

        private static final int FIRST = 1 << 10;
        private static final int MOST_IN_MEMORY = 1 << 22;

        private final int width;
        private ByteBuffer buffer = ByteBuffer.allocate(FIRST);
        private @Nullable FileChannel file;

        /** Starts with nothing; largest is the largest number to come. */
        Writer(int largest) {
            width = largest < 1 << Byte.SIZE ? 1 : largest < 1 << Short.SIZE ? 2 : 4;
        }

        void add(int value) {
            makeRoom();
            switch (width) {
                case 1 -> buffer.put((byte) value);
                case 2 -> buffer.putShort((short) value);
                default -> buffer.putInt(value);
            }
        }

        void add(byte[] values) {
            for (byte value : values) {
                makeRoom();
                buffer.put(value);
            }
        }

        private void makeRoom() {
            if (buffer.remaining() >= width) {
                return;
            }
            if (buffer.capacity() < MOST_IN_MEMORY) {
                buffer = ByteBuffer.allocate(2 * buffer.capacity()).put(buffer.flip());
            } else {
                spill();
            }
        }

        private void spill() {
            try {
                if (file == null) {
                    Path path = Files.createTempFile("names", ".tmp");
                    file =
                            FileChannel.open(
                                    path,
                                    StandardOpenOption.READ,
                                    StandardOpenOption.WRITE,
                                    StandardOpenOption.DELETE_ON_CLOSE);
                }
                buffer.flip();
                while (buffer.hasRemaining()) {
                    file.write(buffer);
                }
                buffer.clear();
                if (file.size() > Integer.MAX_VALUE) {
                    throw new DataFileException(
                            "names may have 2 GiB of text or of examples at the most; give fewer");
                }
            } catch (IOException e) {
                throw new DataFileException(
                        "the names cannot be put into a temporary file in "
                                + System.getProperty("java.io.tmpdir")
                                + ": "
                                + e.getMessage()
                                + "; name another folder with -Djava.io.tmpdir");
            }
        }

        /** Ends writing. A file has no name any more, and is freed with the numbers. */
        PackedNumbers finish() {
            if (file == null) {
                byte[] exact = Arrays.copyOf(buffer.array(), buffer.position());
                return new PackedNumbers(ByteBuffer.wrap(exact), width);
            }
            spill();
            try {
                return new PackedNumbers(
                        file.map(FileChannel.MapMode.READ_ONLY, 0, file.size()), width);
            } catch (IOException e) {
                throw new DataFileException("the names cannot be mapped into memory: " + e);
            }
        }

        @Override
        public void close() {
            if (file != null) {
                try {
                    file.close();
                } catch (IOException e) {
                    throw new DataFileException("the temporary file cannot be closed: " + e);
                }
            }
        }
    }
}
