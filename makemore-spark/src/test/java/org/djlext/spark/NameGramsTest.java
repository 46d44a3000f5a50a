/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import static org.djlext.testing.Failures.assertContains;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.djlext.makemore.data.Names;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NameGramsTest {

    private static Map<String, Long> count(List<String> names, int n) {
        return NameGrams.count(LocalSpark.rows(names).repartition(3), "name", n)
                .collectAsList()
                .stream()
                .collect(Collectors.toMap(row -> row.getString(0), row -> row.getLong(1)));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void areThoseOfALoop(int n) {
        Map<String, Long> counts = new HashMap<>();
        for (String name : Names.embedded()) {
            String padded = ".".repeat(n - 1) + name + ".";
            for (int i = 0; i + n <= padded.length(); i++) {
                counts.merge(padded.substring(i, i + n), 1L, Long::sum);
            }
        }
        assertEquals(counts, count(Names.embedded(), n));
    }

    @Test
    void countsCodePoints() {
        assertEquals(Map.of(".𝒜", 1L, "𝒜é", 1L, "é.", 1L), count(List.of("𝒜é"), 2));
    }

    @Test
    void refusesAnEndInsideAName() {
        Exception e = assertThrows(Exception.class, () -> count(List.of("emma", "a.b"), 2));
        assertContains(e.toString(), "so it cannot be in a.b");
        assertThrows(IllegalArgumentException.class, () -> count(List.of("emma"), 0));
    }
}
