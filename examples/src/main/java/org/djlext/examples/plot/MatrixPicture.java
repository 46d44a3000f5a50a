/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.plot;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.List;

/**
 * A matrix as a picture, {@code plt.imshow}: a square for each element, coloured by its value.
 *
 * <pre>{@code
 * MatrixPicture.of(xenc).draw();
 * MatrixPicture.of(n).optColors(ColorMap.BLUES).optText(cells).optCellSize(44).draw();
 * MatrixPicture.of(saturated).optColors(ColorMap.GRAY).optCellSize(6).draw();
 * }</pre>
 */
public final class MatrixPicture {

    /** The text of the elements. */
    @FunctionalInterface
    public interface Text {
        /**
         * Returns what is written into an element.
         *
         * @param row its row
         * @param column its column
         * @return lines, from the top; may be empty
         */
        List<String> lines(int row, int column);
    }

    private static final int MARGIN = 8;
    private static final int TICK_SPACE = 26;
    private static final int TITLE_SPACE = 26;
    private static final int FEWEST_PIXELS_BETWEEN_TICKS = 40;

    private final double[][] values;
    private ColorMap colors = ColorMap.VIRIDIS;
    private int cell = 24;
    private double low = Double.POSITIVE_INFINITY;
    private double high = Double.NEGATIVE_INFINITY;
    private Text text = (row, column) -> List.of();
    private boolean axes = true;
    private String title = "";

    private MatrixPicture(double[][] values) {
        this.values = values;
        for (double[] row : values) {
            for (double value : row) {
                if (Double.isFinite(value)) {
                    low = Math.min(low, value);
                    high = Math.max(high, value);
                }
            }
        }
    }

    /**
     * Takes a matrix.
     *
     * @param matrix an array of shape (rows, columns) and any type of numbers or booleans
     * @return its picture, with axes and the colours of {@link ColorMap#VIRIDIS} from the smallest
     *     value to the largest
     */
    public static MatrixPicture of(NDArray matrix) {
        Shape shape = matrix.getShape();
        if (shape.dimension() != 2 || shape.size() == 0) {
            throw new IllegalArgumentException(
                    "a picture takes a matrix of shape (rows, columns), but got " + shape);
        }
        double[] flat;
        try (NDArray wide = matrix.toType(DataType.FLOAT64, true)) {
            flat = wide.toDoubleArray();
        }
        int columns = (int) shape.get(1);
        double[][] values = new double[(int) shape.get(0)][columns];
        for (int i = 0; i < values.length; i++) {
            System.arraycopy(flat, i * columns, values[i], 0, columns);
        }
        return new MatrixPicture(values);
    }

    /**
     * Sets the colours.
     *
     * @param map the colours from the low end of the range to the high one
     * @return this picture
     */
    public MatrixPicture optColors(ColorMap map) {
        colors = map;
        return this;
    }

    /**
     * Sets the size of an element.
     *
     * @param pixels the length of a side; default 24
     * @return this picture
     */
    public MatrixPicture optCellSize(int pixels) {
        if (pixels < 1) {
            throw new IllegalArgumentException("a cell has 1 pixel or more, but got " + pixels);
        }
        cell = pixels;
        return this;
    }

    /**
     * Sets which values have the first and the last colour.
     *
     * @param from the value of the first colour
     * @param to the value of the last colour
     * @return this picture
     */
    public MatrixPicture optRange(double from, double to) {
        if (!(from < to)) {
            throw new IllegalArgumentException(
                    "a range goes from a smaller value to a larger, but got "
                            + from
                            + " and "
                            + to);
        }
        low = from;
        high = to;
        return this;
    }

    /**
     * Writes into the elements.
     *
     * @param cells the text of each
     * @return this picture
     */
    public MatrixPicture optText(Text cells) {
        text = cells;
        return this;
    }

    /**
     * Sets whether rows and columns are numbered.
     *
     * @param shown false for {@code plt.axis('off')}; default true
     * @return this picture
     */
    public MatrixPicture optAxes(boolean shown) {
        axes = shown;
        return this;
    }

    /**
     * Sets a title.
     *
     * @param line one line above the picture
     * @return this picture
     */
    public MatrixPicture optTitle(String line) {
        title = line;
        return this;
    }

    /**
     * Draws the picture.
     *
     * @return an image in RGB
     */
    public BufferedImage draw() {
        int left = MARGIN + (axes ? TICK_SPACE : 0);
        int top = MARGIN + (title.isEmpty() ? 0 : TITLE_SPACE);
        int width = values[0].length * cell;
        int height = values.length * cell;
        BufferedImage image =
                new BufferedImage(
                        left + width + MARGIN,
                        top + height + MARGIN + (axes ? TICK_SPACE : 0),
                        BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        g.setRenderingHint(
                RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        g.setRenderingHint(
                RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
        g.setColor(Color.WHITE);
        g.fillRect(0, 0, image.getWidth(), image.getHeight());
        g.setColor(Color.DARK_GRAY);
        if (!title.isEmpty()) {
            g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 14));
            centre(g, title, left + width / 2, MARGIN + 14);
        }
        if (axes) {
            drawAxes(g, left, top, width, height);
        }
        for (int i = 0; i < values.length; i++) {
            for (int j = 0; j < values[i].length; j++) {
                drawCell(g, i, j, left + j * cell, top + i * cell);
            }
        }
        g.dispose();
        return image;
    }

    private void drawAxes(Graphics2D g, int left, int top, int width, int height) {
        g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
        g.drawRect(left - 1, top - 1, width + 1, height + 1);
        int step = ticks();
        for (int j = 0; j < values[0].length; j += step) {
            int x = left + j * cell + cell / 2;
            g.drawLine(x, top + height + 1, x, top + height + 4);
            centre(g, Integer.toString(j), x, top + height + 17);
        }
        for (int i = 0; i < values.length; i += step) {
            int y = top + i * cell + cell / 2;
            g.drawLine(left - 5, y, left - 2, y);
            String number = Integer.toString(i);
            g.drawString(number, left - 8 - g.getFontMetrics().stringWidth(number), y + 4);
        }
    }

    // 1, 2 or 5 times a power of ten, so that numbers do not touch.
    private int ticks() {
        int[] nice = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};
        for (int step : nice) {
            if (step * cell >= FEWEST_PIXELS_BETWEEN_TICKS) {
                return step;
            }
        }
        return nice[nice.length - 1];
    }

    private void drawCell(Graphics2D g, int row, int column, int x, int y) {
        double range = high - low;
        Color fill = colors.at(range > 0 ? (values[row][column] - low) / range : 0);
        g.setColor(fill);
        g.fillRect(x, y, cell, cell);
        List<String> lines = text.lines(row, column);
        if (lines.isEmpty()) {
            return;
        }
        g.setColor(isDark(fill) ? Color.WHITE : Color.DARK_GRAY);
        float lineHeight = Math.min(0.36f * cell, (float) cell / lines.size());
        double first = y + cell / 2.0 - lineHeight * (lines.size() - 1) / 2;
        for (int k = 0; k < lines.size(); k++) {
            g.setFont(fitting(g, lines.get(k), lineHeight * 0.8f));
            double middle = first + k * lineHeight;
            centre(g, lines.get(k), x + cell / 2, (int) Math.round(middle + lineHeight * 0.3));
        }
    }

    // Smaller where a line would run into the next element.
    private Font fitting(Graphics2D g, String line, float size) {
        Font font = new Font(Font.SANS_SERIF, Font.PLAIN, 1).deriveFont(size);
        double width = g.getFontMetrics(font).getStringBounds(line, g).getWidth();
        return width <= cell - 2 ? font : font.deriveFont((float) (size * (cell - 2) / width));
    }

    // The weights of the eye: green counts most.
    private static boolean isDark(Color c) {
        return 0.299 * c.getRed() + 0.587 * c.getGreen() + 0.114 * c.getBlue() < 140;
    }

    private static void centre(Graphics2D g, String line, int x, int baseline) {
        double width = g.getFontMetrics().getStringBounds(line, g).getWidth();
        g.drawString(line, (float) (x - width / 2), baseline);
    }
}
