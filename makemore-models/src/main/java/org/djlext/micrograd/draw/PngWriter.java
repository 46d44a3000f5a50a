/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd.draw;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.List;
import org.djlext.micrograd.draw.Diagram.Arrow;
import org.djlext.micrograd.draw.Diagram.Box;
import org.djlext.micrograd.draw.Diagram.Point;

/** Paints a diagram as an image. */
final class PngWriter {

    private static final double SHARPNESS = 2;
    private static final double MOST_PIXELS = 24e6;

    private final Graphics2D out;

    private PngWriter(Graphics2D out) {
        this.out = out;
    }

    static BufferedImage paint(Diagram diagram) {
        double area = diagram.width() * diagram.height();
        double scale = Math.min(SHARPNESS, Math.sqrt(MOST_PIXELS / area));
        BufferedImage image =
                new BufferedImage(
                        (int) Math.ceil(diagram.width() * scale),
                        (int) Math.ceil(diagram.height() * scale),
                        BufferedImage.TYPE_INT_RGB);
        Graphics2D out = image.createGraphics();
        try {
            out.setRenderingHint(
                    RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            out.setRenderingHint(
                    RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
            out.setColor(Color.WHITE);
            out.fillRect(0, 0, image.getWidth(), image.getHeight());
            out.scale(scale, scale);
            out.setFont(new Font(Font.MONOSPACED, Font.PLAIN, (int) Diagram.FONT_SIZE));
            out.setStroke(new BasicStroke(1));
            PngWriter writer = new PngWriter(out);
            out.setColor(Color.BLACK);
            diagram.arrows().forEach(writer::arrow);
            diagram.boxes().forEach(writer::box);
        } finally {
            out.dispose();
        }
        return image;
    }

    private void arrow(Arrow arrow) {
        List<Point> points = arrow.points();
        Point at = points.get(0);
        Path2D path = new Path2D.Double();
        path.moveTo(at.x(), at.y());
        for (Point to : points.subList(1, points.size())) {
            double middle = (at.x() + to.x()) / 2;
            path.curveTo(middle, at.y(), middle, to.y(), to.x(), to.y());
            at = to;
        }
        out.draw(path);
        Path2D head = new Path2D.Double();
        head.moveTo(at.x() - 8, at.y() - 4);
        head.lineTo(at.x(), at.y());
        head.lineTo(at.x() - 8, at.y() + 4);
        head.closePath();
        out.fill(head);
    }

    private void box(Box box) {
        double height = Diagram.BOX_HEIGHT;
        double left = box.x() - box.width() / 2;
        double top = box.y() - height / 2;
        var outline =
                box.oval()
                        ? new Ellipse2D.Double(left, top, box.width(), height)
                        : new Rectangle2D.Double(left, top, box.width(), height);
        out.setColor(Color.WHITE);
        out.fill(outline);
        out.setColor(Color.BLACK);
        out.draw(outline);
        if (box.oval()) {
            text(box.cells().get(0), box.x(), box.y());
            return;
        }
        for (int i = 0; i < box.cells().size(); i++) {
            if (i > 0) {
                out.draw(new Line2D.Double(left, top, left, top + height));
            }
            text(box.cells().get(i), left + box.cellWidth(i) / 2, box.y());
            left += box.cellWidth(i);
        }
    }

    private void text(String text, double x, double y) {
        int width = out.getFontMetrics().stringWidth(text);
        out.drawString(text, (float) (x - width / 2.0), (float) (y + Diagram.FONT_SIZE / 3));
    }
}
