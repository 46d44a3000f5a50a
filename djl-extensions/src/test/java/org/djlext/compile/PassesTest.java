/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.djlext.compile.Value.Origin;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What each pass makes of a few lines, as {@code passes.txt} says. That they still compute the same
 * is tested on whole blocks.
 */
class PassesTest {

    private static final Pattern ARRAY =
            Pattern.compile("(\\w+)(?: \\(([\\d, ]*)\\))?(?: (float\\d\\d))?(?: (parameter))?");

    private final Map<String, Value> values = new HashMap<>();

    PassesTest() {
        declare("x (4, 3)", Origin.BATCH);
        declare("p (3, 2)", Origin.PARAMETER);
        declare("b (2)", Origin.PARAMETER);
    }

    private Value declare(String text, Origin origin) {
        Matcher array = ARRAY.matcher(text);
        assertTrue(array.matches(), text);
        String sizes = array.group(2) == null ? "4, 2" : array.group(2);
        String type = array.group(3) == null ? "float32" : array.group(3);
        Value value =
                new Value(
                        array.group(1),
                        new Shape(split(sizes).mapToLong(Long::parseLong).toArray()),
                        DataType.valueOf(type.toUpperCase(Locale.ROOT)),
                        array.group(4) == null ? origin : Origin.PARAMETER,
                        false);
        values.put(array.group(1), value);
        return value;
    }

    /** Splits arguments; commas in brackets are part of one. */
    private static Stream<String> split(String arguments) {
        return Pattern.compile(", (?![^\\[]*\\])")
                .splitAsStream(arguments)
                .filter(argument -> !argument.isEmpty());
    }

    private Line line(String text) {
        int open = text.indexOf('(', text.indexOf("= ") + 1);
        int start = text.indexOf("= ") < 0 ? 0 : text.indexOf("= ") + 2;
        List<Object> arguments =
                split(text.substring(open + 1, text.length() - 1)).map(this::argument).toList();
        List<Value> results =
                start == 0
                        ? List.of()
                        : List.of(declare(text.substring(0, start - 3), Origin.RESULT));
        return new Line(text.substring(start, open), arguments, results, "");
    }

    /** An array, a list or a group of arrays, or text that is written as it is. */
    private Object argument(String text) {
        if (values.containsKey(text)) {
            return Objects.requireNonNull(values.get(text));
        }
        int open = text.indexOf('[');
        if (open < 0) {
            return text;
        }
        List<String> names =
                Arrays.asList(text.substring(open + 1, text.length() - 1).split(", ", -1));
        if (!values.keySet().containsAll(names)) {
            return text;
        }
        List<Value> list = names.stream().map(values::get).toList();
        return open == 0 ? list : new Line.Group(text.substring(0, open), list);
    }

    private Program program(Stream<String> text) {
        List<Line> lines = new ArrayList<>();
        text.forEach(
                line -> {
                    if (line.startsWith("declare ")) {
                        declare(line.substring("declare ".length()), Origin.BATCH);
                    } else {
                        lines.add(line(line));
                    }
                });
        List<Value> last = lines.get(lines.size() - 1).results();
        return new Program(lines, last.isEmpty() ? List.of(value("x")) : last);
    }

    private Value value(String name) {
        return Objects.requireNonNull(values.get(name));
    }

    static Stream<Arguments> cases() throws IOException {
        try (InputStream in =
                Objects.requireNonNull(
                        PassesTest.class.getResourceAsStream("/compile/passes.txt"))) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return Arrays.stream(text.split("\n== ", -1))
                    .skip(1)
                    .map(each -> Arguments.of((Object[]) each.split(": |\n", 3)));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void linesBecomeTheOthers(String name, String passes, String lines)
            throws ReflectiveOperationException {
        String[] sides = lines.strip().split("\n--\n", -1);
        Program program = program(sides[0].lines());
        for (String pass : passes.split(", ", -1)) {
            Class<?> type = Class.forName("org.djlext.compile." + pass);
            ((Pass) type.getDeclaredConstructor().newInstance()).apply(program);
        }
        List<String> found = new ArrayList<>();
        program.before.forEach(line -> found.add("before: " + line));
        program.batch.forEach(view -> found.add("batch: " + view.value() + " of " + view.of()));
        program.step.forEach(line -> found.add(line.toString()));
        assertEquals(sides[1], String.join("\n", found), name);
    }
}
