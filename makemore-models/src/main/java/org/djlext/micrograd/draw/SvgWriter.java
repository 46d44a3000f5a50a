/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd.draw;

import java.util.List;
import java.util.Locale;
import org.djlext.micrograd.draw.Diagram.Arrow;
import org.djlext.micrograd.draw.Diagram.Box;
import org.djlext.micrograd.draw.Diagram.Point;

/** Paints a diagram as SVG text. */
final class SvgWriter {

    private final StringBuilder out = new StringBuilder();

    private SvgWriter() {}

    static String write(Diagram diagram) {
        SvgWriter writer = new SvgWriter();
        writer.line(
                "<svg xmlns='http://www.w3.org/2000/svg' width='%.0f' height='%.0f' "
                        + "font-family='monospace' font-size='%.0f' text-anchor='middle'>",
                diagram.width(), diagram.height(), Diagram.FONT_SIZE);
        writer.line(
                "<defs><marker id='head' viewBox='0 0 8 8' refX='8' refY='4' markerWidth='8'"
                        + " markerHeight='8' orient='auto'><path d='M0 0L8 4L0 8z'/></marker></defs>");
        writer.line("<rect width='100%%' height='100%%' fill='white'/>");
        writer.line("<g fill='none' stroke='black'>");
        diagram.arrows().forEach(writer::arrow);
        diagram.boxes().forEach(writer::outline);
        writer.line("</g>");
        diagram.boxes().forEach(writer::texts);
        writer.line("</svg>");
        return writer.out.toString();
    }

    private void line(String format, Object... args) {
        out.append(String.format(Locale.ROOT, format, args)).append('\n');
    }

    private void arrow(Arrow arrow) {
        List<Point> points = arrow.points();
        Point at = points.get(0);
        StringBuilder path =
                new StringBuilder(String.format(Locale.ROOT, "M%.1f %.1f", at.x(), at.y()));
        for (Point to : points.subList(1, points.size())) {
            double middle = (at.x() + to.x()) / 2;
            path.append(
                    String.format(
                            Locale.ROOT,
                            "C%.1f %.1f %.1f %.1f %.1f %.1f",
                            middle,
                            at.y(),
                            middle,
                            to.y(),
                            to.x(),
                            to.y()));
            at = to;
        }
        line("<path d='%s' marker-end='url(#head)'/>", path);
    }

    private void outline(Box box) {
        double left = box.x() - box.width() / 2;
        double top = box.y() - Diagram.BOX_HEIGHT / 2;
        if (box.oval()) {
            line(
                    "<ellipse cx='%.1f' cy='%.1f' rx='%.1f' ry='%.1f' fill='white'/>",
                    box.x(), box.y(), box.width() / 2, Diagram.BOX_HEIGHT / 2);
            return;
        }
        line(
                "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='white'/>",
                left, top, box.width(), Diagram.BOX_HEIGHT);
        for (int i = 0; i < box.cells().size() - 1; i++) {
            left += box.cellWidth(i);
            line("<path d='M%.1f %.1fv%.1f'/>", left, top, Diagram.BOX_HEIGHT);
        }
    }

    private void texts(Box box) {
        double left = box.x() - (box.oval() ? box.cellWidth(0) : box.width()) / 2;
        for (int i = 0; i < box.cells().size(); i++) {
            String text =
                    box.cells()
                            .get(i)
                            .replace("&", "&amp;")
                            .replace("<", "&lt;")
                            .replace(">", "&gt;");
            line(
                    "<text x='%.1f' y='%.1f'>%s</text>",
                    left + box.cellWidth(i) / 2, box.y() + Diagram.FONT_SIZE / 3, text);
            left += box.cellWidth(i);
        }
    }
}
