/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd.draw;

import java.awt.Color;
import java.awt.Shape;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.djlext.micrograd.Value;
import org.jspecify.annotations.Nullable;

/** A picture that only has to be painted: boxes of nodes and operations, and the edges between. */
record Diagram(List<Box> boxes, List<Arrow> arrows, double width, double height) {

    static final double BOX_HEIGHT = 26;
    static final double FONT_SIZE = 12;
    private static final double CHARACTER_WIDTH = 7.3;
    private static final double CELL_PADDING = 8;
    private static final double LAYER_GAP = 34;
    private static final double MARGIN = 12;
    private static final int MOST_NODES = 5000;

    /** What a diagram is painted on, in black on white. */
    interface Canvas {

        /** Draws a line, or a shape that is filled if it has a color inside. */
        void shape(Shape shape, @Nullable Color inside);

        /** Writes a text to both sides of a place on its base line. */
        void text(String text, double x, double y);
    }

    /**
     * A node with its texts side by side, or an operation, oval and with one; x and y are its
     * middle.
     */
    record Box(List<String> cells, boolean oval, double x, double y) {

        double width() {
            return oval
                    ? Math.max(BOX_HEIGHT, cellWidth(0) + 4)
                    : cells.stream().mapToDouble(Box::widthOf).sum();
        }

        double cellWidth(int i) {
            return widthOf(cells.get(i));
        }

        private static double widthOf(String text) {
            return Math.max(1, text.length()) * CHARACTER_WIDTH + 2 * CELL_PADDING;
        }

        private void paint(Canvas canvas) {
            double top = y - BOX_HEIGHT / 2;
            canvas.shape(
                    oval
                            ? new Ellipse2D.Double(x - width() / 2, top, width(), BOX_HEIGHT)
                            : new Rectangle2D.Double(x - width() / 2, top, width(), BOX_HEIGHT),
                    Color.WHITE);
            double left = x - (oval ? cellWidth(0) : width()) / 2;
            for (int i = 0; i < cells.size(); i++) {
                if (i > 0) {
                    canvas.shape(new Line2D.Double(left, top, left, top + BOX_HEIGHT), null);
                }
                canvas.text(cells.get(i), left + cellWidth(i) / 2, y + FONT_SIZE / 3);
                left += cellWidth(i);
            }
        }

        Box at(double newX, double newY) {
            return new Box(cells, oval, newX, newY);
        }
    }

    /** The points that an edge goes through, the last at its head. */
    record Arrow(List<Point> points) {

        private void paint(Canvas canvas) {
            Point at = points.get(0);
            Path2D path = new Path2D.Double();
            path.moveTo(at.x, at.y);
            for (Point to : points.subList(1, points.size())) {
                double middle = (at.x + to.x) / 2;
                path.curveTo(middle, at.y, middle, to.y, to.x, to.y);
                at = to;
            }
            canvas.shape(path, null);
            Path2D head = new Path2D.Double();
            head.moveTo(at.x - 8, at.y - 4);
            head.lineTo(at.x, at.y);
            head.lineTo(at.x - 8, at.y + 4);
            head.closePath();
            canvas.shape(head, Color.BLACK);
        }
    }

    record Point(double x, double y) {}

    /** Paints the edges and then the boxes. */
    void paint(Canvas canvas) {
        arrows.forEach(arrow -> arrow.paint(canvas));
        boxes.forEach(box -> box.paint(canvas));
    }

    /** Lays out the nodes of a graph, each before its children. */
    static Diagram of(List<Value> nodes) {
        if (nodes.size() > MOST_NODES) {
            throw new IllegalArgumentException(
                    ("a picture takes at most %s nodes, but got %s; draw a part of the graph, or"
                                    + " write it as DOT, which has no limit")
                            .formatted(MOST_NODES, nodes.size()));
        }
        List<Box> boxes = new ArrayList<>();
        Map<Value, Integer> boxOf = new HashMap<>();
        Map<Value, Integer> operationOf = new HashMap<>();
        Layers layers = new Layers();
        for (Value node : nodes) {
            boxOf.put(node, layers.addItem());
            boxes.add(new Box(DotWriter.cells(node), false, 0, 0));
            if (!node.op().isEmpty()) {
                int operation = layers.addItem();
                operationOf.put(node, operation);
                boxes.add(new Box(List.of(node.op()), true, 0, 0));
                layers.addEdge(operation, boxOf.getOrDefault(node, -1));
            }
        }
        for (Value node : nodes) {
            for (Value child : node.children()) {
                layers.addEdge(boxOf.getOrDefault(child, -1), operationOf.getOrDefault(node, -1));
            }
        }
        layers.arrange();
        return place(boxes, layers);
    }

    private static Diagram place(List<Box> boxes, Layers layers) {
        double[] y = Placement.of(layers);
        double[] width = new double[layers.count()];
        for (int item = 0; item < boxes.size(); item++) {
            int layer = layers.layerOf(item);
            width[layer] = Math.max(width[layer], boxes.get(item).width());
        }
        double[] gap = gaps(layers, y);
        // The root is in layer 0, which is the rightmost.
        double[] middle = new double[width.length];
        double right = MARGIN;
        for (int layer = width.length - 1; layer >= 0; layer--) {
            middle[layer] = right + width[layer] / 2;
            right += width[layer] + (layer > 0 ? gap[layer - 1] : MARGIN);
        }
        double bottom = 0;
        for (double each : y) {
            bottom = Math.max(bottom, each);
        }
        double top = MARGIN + BOX_HEIGHT / 2;
        List<Box> placed = new ArrayList<>();
        for (int item = 0; item < boxes.size(); item++) {
            placed.add(boxes.get(item).at(middle[layers.layerOf(item)], y[item] + top));
        }
        List<Arrow> arrows = new ArrayList<>();
        for (List<Integer> path : layers.paths()) {
            arrows.add(arrow(path, placed, layers, middle, width, y, top));
        }
        return new Diagram(placed, arrows, right, bottom + 2 * top);
    }

    // The space to the left of each layer: more where edges climb, so that they are not too steep.
    private static double[] gaps(Layers layers, double[] y) {
        double[] gap = new double[layers.count()];
        Arrays.fill(gap, LAYER_GAP);
        for (List<Integer> path : layers.paths()) {
            for (int i = 1; i < path.size(); i++) {
                double climb = Math.abs(y[path.get(i)] - y[path.get(i - 1)]);
                int layer = layers.layerOf(path.get(i));
                gap[layer] = Math.max(gap[layer], LAYER_GAP + Math.min(climb / 8, 3 * LAYER_GAP));
            }
        }
        return gap;
    }

    private static Arrow arrow(
            List<Integer> path,
            List<Box> boxes,
            Layers layers,
            double[] middle,
            double[] width,
            double[] y,
            double top) {
        Box from = boxes.get(path.get(0));
        Box to = boxes.get(path.get(path.size() - 1));
        List<Point> points = new ArrayList<>();
        points.add(new Point(from.x() + from.width() / 2, from.y()));
        for (int bend : path.subList(1, path.size() - 1)) {
            // Straight across the layer, so that the edge keeps clear of the boxes beside it.
            int layer = layers.layerOf(bend);
            points.add(new Point(middle[layer] - width[layer] / 2, y[bend] + top));
            points.add(new Point(middle[layer] + width[layer] / 2, y[bend] + top));
        }
        points.add(new Point(to.x() - to.width() / 2, to.y()));
        return new Arrow(points);
    }
}
