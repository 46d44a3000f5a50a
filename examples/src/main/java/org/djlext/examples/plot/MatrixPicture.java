/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.plot;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.function.BiFunction;

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

    private static final int MARGIN = 8;
    private static final int TICK_SPACE = 26;
    private static final int TITLE_SPACE = 26;
    private static final int NAME_SPACE = 18;

    private final double[][] values;
    private ColorMap colors = ColorMap.VIRIDIS;
    private int cell = 24;
    private double low = Double.POSITIVE_INFINITY;
    private double high = Double.NEGATIVE_INFINITY;
    private BiFunction<Integer, Integer, List<String>> text = (row, column) -> List.of();
    private boolean axes = true;
    private String title = "";
    private String rows = "";
    private String columns = "";

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
                    "a range goes from a smaller value to a larger, but got %s and %s"
                            .formatted(from, to));
        }
        low = from;
        high = to;
        return this;
    }

    /**
     * Writes into the elements.
     *
     * @param cells the lines of an element, from the top, by its row and column; may be empty
     * @return this picture
     */
    public MatrixPicture optText(BiFunction<Integer, Integer, List<String>> cells) {
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
     * Names the axes.
     *
     * @param ofRows what a row is, such as an example
     * @param ofColumns what a column is
     * @return this picture
     */
    public MatrixPicture optAxisNames(String ofRows, String ofColumns) {
        rows = ofRows;
        columns = ofColumns;
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
        int left = MARGIN + (axes ? TICK_SPACE : 0) + (rows.isEmpty() ? 0 : NAME_SPACE);
        int top = MARGIN + (title.isEmpty() ? 0 : TITLE_SPACE);
        int width = values[0].length * cell;
        int height = values.length * cell;
        BufferedImage image =
                new BufferedImage(
                        left + width + MARGIN,
                        top
                                + height
                                + MARGIN
                                + (axes ? TICK_SPACE : 0)
                                + (columns.isEmpty() ? 0 : NAME_SPACE),
                        BufferedImage.TYPE_INT_RGB);
        MatrixPainter painter = new MatrixPainter(image, left, top, cell);
        painter.title(title);
        painter.names(rows, top + height / 2, columns, left + width / 2);
        if (axes) {
            painter.axes(values.length, values[0].length);
        }
        double range = high - low;
        for (int i = 0; i < values.length; i++) {
            for (int j = 0; j < values[i].length; j++) {
                double part = range > 0 ? (values[i][j] - low) / range : 0;
                painter.cell(i, j, colors.at(part), text.apply(i, j));
            }
        }
        painter.close();
        return image;
    }
}
