/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PackedNumbersTest {

    // The larger counts are in a file: 4 MiB stay in memory.
    @ParameterizedTest
    @CsvSource({
        "255, 0",
        "255, 1000",
        "255, 4194304",
        "255, 5000000",
        "65535, 3000000",
        "2147483647, 5",
        "2147483647, 2500000"
    })
    void numbersComeBack(int largest, int count) {
        int[] numbers = new Random(3).ints(count, 0, largest).toArray();
        if (count > 0) {
            numbers[count / 2] = largest;
        }
        try (PackedNumbers.Writer writer = new PackedNumbers.Writer(largest)) {
            for (int number : numbers) {
                writer.add(number);
            }
            PackedNumbers packed = writer.finish();
            assertEquals(count, packed.size());
            for (int i = 0; i < count; i++) {
                if (packed.get(i) != numbers[i]) {
                    assertEquals(numbers[i], packed.get(i), "number " + i);
                }
            }
        }
    }

    @Test
    void namesOfALargeFileAreThoseOfTheFile(@TempDir Path dir) throws IOException {
        Random random = new Random(4);
        List<String> want = new ArrayList<>();
        for (int i = 0; i < 300_000; i++) {
            want.add(Integer.toString(random.nextInt(), 36) + (i % 7 == 0 ? "юля" : "é1234567"));
        }
        Path file = Files.write(dir.resolve("names.txt"), want);
        assertTrue(Files.size(file) > 1 << 22);
        List<String> names = Names.readAnyAlphabet(file);
        assertEquals(want, names);
        assertThrows(IndexOutOfBoundsException.class, () -> names.get(want.size()));

        List<String> shuffled = new ArrayList<>(want);
        new PythonRandom(42).shuffle(shuffled);
        NameSplit split = NameSplit.of(names);
        assertEquals(shuffled.subList(0, 240_000), split.train());
        assertEquals(shuffled.subList(240_000, 270_000), split.dev());
        assertEquals(shuffled.subList(270_000, 300_000), split.test());
        assertThrows(IndexOutOfBoundsException.class, () -> split.dev().get(30_000));
    }

    @Test
    void numbersAreShuffledAsAListIs() {
        int[] numbers = IntStream.range(0, 1000).toArray();
        List<Integer> list = new ArrayList<>(IntStream.range(0, 1000).boxed().toList());
        new PythonRandom(7).shuffle(numbers);
        new PythonRandom(7).shuffle(list);
        assertEquals(list, IntStream.of(numbers).boxed().toList());
    }
}
