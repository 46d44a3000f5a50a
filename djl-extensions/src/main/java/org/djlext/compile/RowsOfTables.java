/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes the rows of a table for a plain list of places, whatever the shape of the places: so they
 * can go into memory from before the loop, and an update can be added to the rows alone.
 */
final class RowsOfTables implements Pass {

    private static final List<Object> PLAIN = List.of("-1", "False", "False");

    @Override
    public void apply(Program program) {
        program.rewrite(
                line ->
                        switch (line.operation()) {
                            case "embedding" ->
                                    line.arguments().subList(2, 5).equals(PLAIN)
                                            ? embedding(line)
                                            : List.of(line);
                            case "embedding_dense_backward" -> backward(line);
                            default -> List.of(line);
                        });
    }

    private static List<Line> embedding(Line line) {
        List<Line> lines = new ArrayList<>();
        Value table = line.operand(0);
        Value places = flat(line.operand(1), lines, line);
        Shape shape = new Shape(places.shape.get(0), table.shape.get(1));
        Value rows = line.result().like("rows_", shape);
        List<Object> selected = List.of(table, "0", places);
        lines.add(new Line("index_select", selected, List.of(rows), line.source()));
        lines.add(line.with("reshape", rows, Literal.of(line.result().shape)));
        return lines;
    }

    private static List<Line> backward(Line line) {
        List<Line> lines = new ArrayList<>();
        Value dy = line.operand(0);
        Value places = flat(line.operand(1), lines, line);
        Value rows =
                dy.like("rows_of_", new Shape(places.shape.get(0), dy.shape.getLastDimension()));
        lines.add(reshape(dy, rows, line));
        List<Object> arguments = new ArrayList<>(line.arguments());
        arguments.set(0, rows);
        arguments.set(1, places);
        lines.add(line.with(line.operation(), arguments.toArray()));
        return lines;
    }

    private static Value flat(Value places, List<Line> lines, Line line) {
        if (places.shape.dimension() == 1) {
            return places;
        }
        Value flat = places.like("flat_", new Shape(places.shape.size()));
        lines.add(reshape(places, flat, line));
        return flat;
    }

    private static Line reshape(Value from, Value to, Line line) {
        return new Line("reshape", List.of(from, Literal.of(to.shape)), List.of(to), line.source());
    }
}
