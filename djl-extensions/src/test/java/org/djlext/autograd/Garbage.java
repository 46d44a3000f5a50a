/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.djlext.testing.Threads;

/** Shows reads of freed memory: where it was there is something else. */
final class Garbage {

    /** In bytes; malloc gives memory of a size that was freed to the next one of that size. */
    private static final int[] SIZES = {8, 16, 24, 32, 48, 72, 4000, 8000};

    private static final int COPIES = 100;

    private Garbage() {}

    /** Collects what is garbage, and writes where it was. */
    static void overwrite() {
        System.gc();
        Threads.sleep(5); // buffers are freed by a thread of their own
        List<ByteBuffer> buffers = new ArrayList<>();
        for (int size : SIZES) {
            for (int i = 0; i < COPIES; i++) {
                ByteBuffer buffer = ByteBuffer.allocateDirect(size);
                while (buffer.hasRemaining()) {
                    buffer.put((byte) 7);
                }
                buffers.add(buffer);
            }
        }
        if (buffers.get(0).get(0) != 7) {
            throw new IllegalStateException("not written");
        }
    }
}
