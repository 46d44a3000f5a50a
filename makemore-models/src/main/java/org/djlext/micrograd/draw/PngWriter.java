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
import java.awt.Shape;
import java.awt.image.BufferedImage;
import org.jspecify.annotations.Nullable;

/** Paints a diagram as an image. */
final class PngWriter implements Diagram.Canvas {

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
            diagram.paint(new PngWriter(out));
        } finally {
            out.dispose();
        }
        return image;
    }

    @Override
    public void shape(Shape shape, @Nullable Color inside) {
        if (inside != null) {
            out.setColor(inside);
            out.fill(shape);
        }
        out.setColor(Color.BLACK);
        out.draw(shape);
    }

    @Override
    public void text(String text, double x, double y) {
        int width = out.getFontMetrics().stringWidth(text);
        out.drawString(text, (float) (x - width / 2.0), (float) y);
    }
}
