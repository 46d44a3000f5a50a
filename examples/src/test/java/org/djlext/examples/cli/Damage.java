/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;

/** Damages files as disks, networks and people do who know nothing of what is in them. */
final class Damage {

    private static final int ENDS = 512; // where most formats have their headers
    private static final long[] NUMBERS = {
        0,
        1,
        -1,
        7,
        0x7f,
        0xff,
        0xffff,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        1L << 32,
        1L << 62,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        1_000_000
    };

    private Damage() {}

    /**
     * Damages a file in one to three places.
     *
     * @param bytes the file
     * @param other another one, of which parts are put in
     * @return the damaged file
     */
    static byte[] of(byte[] bytes, byte[] other, Random random) {
        byte[] damaged = bytes.clone();
        for (int i = random.nextInt(3); i >= 0; i--) {
            damaged = once(damaged, other, random);
        }
        return damaged;
    }

    private static byte[] once(byte[] bytes, byte[] other, Random random) {
        if (bytes.length < 16) {
            return other.clone();
        }
        int at = place(bytes, random);
        int length = 1 + random.nextInt(Math.min(64, bytes.length - at));
        byte[] before = Arrays.copyOf(bytes, at);
        byte[] part = Arrays.copyOfRange(bytes, at, at + length);
        byte[] after = Arrays.copyOfRange(bytes, at + length, bytes.length);
        return switch (random.nextInt(9)) {
            case 0 -> before;
            case 1 -> join(bytes, new byte[random.nextInt(1000)]);
            case 2 -> join(before, Arrays.copyOfRange(other, place(other, random), other.length));
            case 3 -> join(before, after);
            case 4 -> join(before, part, part, after);
            case 5 -> {
                byte[] same = new byte[length];
                Arrays.fill(same, (byte) (random.nextBoolean() ? 0 : 0xff));
                yield join(before, same, after);
            }
            case 6 -> {
                byte[] number = number(random);
                int end = Math.min(bytes.length, at + number.length);
                yield join(before, number, Arrays.copyOfRange(bytes, end, bytes.length));
            }
            default -> {
                byte[] flipped = bytes.clone();
                for (int i = random.nextInt(4); i >= 0; i--) {
                    flipped[place(bytes, random)] ^= (byte) (1 << random.nextInt(8));
                }
                yield flipped;
            }
        };
    }

    /** Returns a number that a length may be read from, of four or eight bytes in either order. */
    private static byte[] number(Random random) {
        long number = NUMBERS[random.nextInt(NUMBERS.length)];
        ByteBuffer bytes = ByteBuffer.allocate(random.nextBoolean() ? 4 : 8);
        bytes.order(random.nextBoolean() ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        return (bytes.capacity() == 4 ? bytes.putInt((int) number) : bytes.putLong(number)).array();
    }

    private static int place(byte[] bytes, Random random) {
        int within = Math.min(ENDS, bytes.length);
        return switch (random.nextInt(3)) {
            case 0 -> random.nextInt(within);
            case 1 -> bytes.length - 1 - random.nextInt(within);
            default -> random.nextInt(bytes.length);
        };
    }

    static byte[] join(byte[]... parts) {
        ByteBuffer joined = ByteBuffer.allocate(Arrays.stream(parts).mapToInt(p -> p.length).sum());
        for (byte[] part : parts) {
            joined.put(part);
        }
        return joined.array();
    }
}
