/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd.draw;

import java.awt.Color;
import java.awt.Shape;
import java.awt.geom.PathIterator;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Paints a diagram as SVG text. */
final class SvgWriter implements Diagram.Canvas {

    // By the numbers of PathIterator: to move, a line, two kinds of curves, to close.
    private static final String SEGMENTS = "MLQCZ";
    private static final int[] NUMBERS = {2, 2, 4, 6, 0};

    private final StringBuilder out = new StringBuilder();

    private SvgWriter() {}

    static String write(Diagram diagram) {
        SvgWriter writer = new SvgWriter();
        writer.line(
                "<svg xmlns='http://www.w3.org/2000/svg' width='%.0f' height='%.0f' "
                        + "font-family='monospace' font-size='%.0f' text-anchor='middle'>",
                diagram.width(), diagram.height(), Diagram.FONT_SIZE);
        writer.line("<rect width='100%%' height='100%%' fill='white'/>");
        diagram.paint(writer);
        writer.line("</svg>");
        return writer.out.toString();
    }

    private void line(String format, Object... args) {
        out.append(String.format(Locale.ROOT, format, args)).append('\n');
    }

    @Override
    public void shape(Shape shape, @Nullable Color inside) {
        StringBuilder path = new StringBuilder();
        double[] numbers = new double[6];
        for (PathIterator i = shape.getPathIterator(null); !i.isDone(); i.next()) {
            int segment = i.currentSegment(numbers);
            path.append(SEGMENTS.charAt(segment));
            for (int k = 0; k < NUMBERS[segment]; k++) {
                path.append(String.format(Locale.ROOT, k == 0 ? "%.1f" : " %.1f", numbers[k]));
            }
        }
        String fill = inside == null ? "none" : inside.equals(Color.WHITE) ? "white" : "black";
        line("<path d='%s' fill='%s' stroke='black'/>", path, fill);
    }

    @Override
    public void text(String text, double x, double y) {
        String escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
        line("<text x='%.1f' y='%.1f'>%s</text>", x, y, escaped);
    }
}
