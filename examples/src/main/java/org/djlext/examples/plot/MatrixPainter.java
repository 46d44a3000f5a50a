/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.plot;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.List;

/** Puts the parts of a {@link MatrixPicture} on an image. */
final class MatrixPainter {

    private static final int FEWEST_PIXELS_BETWEEN_TICKS = 40;
    private static final int[] TICKS = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};

    private final Graphics2D g;
    private final int width;
    private final int height;
    private final int left;
    private final int top;
    private final int cell;

    /** Takes a white image, and where in it the first element is. */
    MatrixPainter(BufferedImage image, int left, int top, int cell) {
        this.left = left;
        this.top = top;
        this.cell = cell;
        width = image.getWidth();
        height = image.getHeight();
        g = image.createGraphics();
        g.setRenderingHint(
                RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        g.setRenderingHint(
                RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
        g.setColor(Color.WHITE);
        g.fillRect(0, 0, width, height);
    }

    void close() {
        g.dispose();
    }

    void title(String line) {
        g.setColor(Color.DARK_GRAY);
        g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 14));
        centre(line, width / 2.0, top - 12);
    }

    /** Names the axes, each in its middle: one upwards at the left, the other at the bottom. */
    void names(String rows, int middle, String columns, int centre) {
        g.setColor(Color.DARK_GRAY);
        g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
        centre(columns, centre, height - 8);
        g.rotate(-Math.PI / 2);
        centre(rows, -middle, 16);
        g.rotate(Math.PI / 2);
    }

    /** Draws a frame, and numbers rows and columns. */
    void axes(int rows, int columns) {
        g.setColor(Color.DARK_GRAY);
        g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
        int bottom = top + rows * cell;
        g.drawRect(left - 1, top - 1, columns * cell + 1, rows * cell + 1);
        int step = step();
        for (int j = 0; j < columns; j += step) {
            int x = left + j * cell + cell / 2;
            g.drawLine(x, bottom + 1, x, bottom + 4);
            centre(Integer.toString(j), x, bottom + 17);
        }
        for (int i = 0; i < rows; i += step) {
            int y = top + i * cell + cell / 2;
            g.drawLine(left - 5, y, left - 2, y);
            String number = Integer.toString(i);
            g.drawString(number, left - 8 - g.getFontMetrics().stringWidth(number), y + 4);
        }
    }

    // So that numbers do not touch.
    private int step() {
        for (int step : TICKS) {
            if (step * cell >= FEWEST_PIXELS_BETWEEN_TICKS) {
                return step;
            }
        }
        return TICKS[TICKS.length - 1];
    }

    /** Fills an element and writes into it. */
    void cell(int row, int column, Color fill, List<String> lines) {
        int x = left + column * cell;
        int y = top + row * cell;
        g.setColor(fill);
        g.fillRect(x, y, cell, cell);
        if (lines.isEmpty()) {
            return;
        }
        g.setColor(isDark(fill) ? Color.WHITE : Color.DARK_GRAY);
        float lineHeight = Math.min(0.36f * cell, (float) cell / lines.size());
        double first = y + cell / 2.0 - lineHeight * (lines.size() - 1) / 2;
        for (int k = 0; k < lines.size(); k++) {
            g.setFont(fitting(lines.get(k), lineHeight * 0.8f));
            double middle = first + k * lineHeight;
            centre(lines.get(k), x + cell / 2.0, (int) Math.round(middle + lineHeight * 0.3));
        }
    }

    // Smaller where a line would run into the next element.
    private Font fitting(String line, float size) {
        Font font = new Font(Font.SANS_SERIF, Font.PLAIN, 1).deriveFont(size);
        double needed = g.getFontMetrics(font).getStringBounds(line, g).getWidth();
        return needed <= cell - 2 ? font : font.deriveFont((float) (size * (cell - 2) / needed));
    }

    // The weights of the eye: green counts most.
    private static boolean isDark(Color c) {
        return 0.299 * c.getRed() + 0.587 * c.getGreen() + 0.114 * c.getBlue() < 140;
    }

    private void centre(String line, double x, int baseline) {
        double needed = g.getFontMetrics().getStringBounds(line, g).getWidth();
        g.drawString(line, (float) (x - needed / 2), baseline);
    }
}
