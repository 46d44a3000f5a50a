/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Takes what an example prints, and keeps its numbers as they were before they were rounded. */
public final class Printed extends Output {

    private final List<Map.Entry<String, List<Object>>> lines = new ArrayList<>();

    /** Takes text alone. */
    public Printed() {
        this(null);
    }

    /** Takes pictures too. */
    public Printed(@Nullable Path folder) {
        super(new PrintWriter(new StringWriter()), folder);
    }

    @Override
    public void line(String format, Object... args) {
        lines.add(Map.entry(String.format(Locale.ROOT, format, args), List.of(args)));
    }

    /** Returns what was printed. */
    public String text() {
        return String.join("\n", lines.stream().map(Map.Entry::getKey).toList()) + "\n";
    }

    /** Returns what was put into the lines that have a part. */
    public Stream<Object> values(String part) {
        return lines.stream()
                .filter(line -> line.getKey().contains(part))
                .flatMap(line -> line.getValue().stream());
    }

    /** Returns the numbers among these. */
    public List<Double> numbers(String part) {
        return values(part)
                .filter(Number.class::isInstance)
                .map(number -> ((Number) number).doubleValue())
                .toList();
    }

    /** Returns the last of these numbers. */
    public double number(String part) {
        List<Double> numbers = numbers(part);
        if (numbers.isEmpty()) {
            throw new AssertionError("no number with \"" + part + "\" in\n" + text());
        }
        return numbers.get(numbers.size() - 1);
    }
}
