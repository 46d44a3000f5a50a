/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.plot;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.List;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;

/** What is drawn, pixel by pixel. */
class MatrixPictureTest extends ArrayTest {

    private static final int MARGIN = 8;

    private NDArray matrix(float... values) {
        return manager.create(values, new Shape(2, values.length / 2));
    }

    private static Color cell(BufferedImage image, int size, int row, int column) {
        return new Color(
                image.getRGB(MARGIN + column * size + size / 2, MARGIN + row * size + size / 2));
    }

    @Test
    void aRowIsARowAndTheRangeIsThatOfTheValues() {
        BufferedImage image =
                MatrixPicture.of(matrix(-1, 0, 1, 3, 2, 1))
                        .optColors(ColorMap.GRAY)
                        .optCellSize(10)
                        .optAxes(false)
                        .draw();
        assertEquals(3 * 10 + 2 * MARGIN, image.getWidth());
        assertEquals(2 * 10 + 2 * MARGIN, image.getHeight());
        int[][] gray = {{0, 64, 128}, {255, 191, 128}};
        for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 3; j++) {
                int want = gray[i][j];
                assertEquals(new Color(want, want, want), cell(image, 10, i, j));
            }
        }
        assertEquals(Color.WHITE, new Color(image.getRGB(2, 2)));
    }

    @Test
    void aRangeClipsAndWhatIsNoNumberIsRed() {
        BufferedImage image =
                MatrixPicture.of(matrix(-5, 0.5f, Float.NaN, Float.POSITIVE_INFINITY))
                        .optColors(ColorMap.GRAY)
                        .optRange(0, 1)
                        .optAxes(false)
                        .draw();
        assertEquals(Color.BLACK, cell(image, 24, 0, 0));
        assertEquals(new Color(128, 128, 128), cell(image, 24, 0, 1));
        assertEquals(Color.RED, cell(image, 24, 1, 0));
        assertEquals(Color.WHITE, cell(image, 24, 1, 1));
    }

    @Test
    void booleansAndConstantsCanBeDrawn() {
        NDArray saturated = matrix(0, 1, 1, 0).gt(0.99f);
        BufferedImage image =
                MatrixPicture.of(saturated).optColors(ColorMap.GRAY).optAxes(false).draw();
        assertEquals(Color.BLACK, cell(image, 24, 0, 0));
        assertEquals(Color.WHITE, cell(image, 24, 0, 1));
        BufferedImage flat = MatrixPicture.of(matrix(7, 7)).optAxes(false).draw();
        assertEquals(ColorMap.VIRIDIS.at(0), cell(flat, 24, 0, 0));
    }

    @Test
    void textStaysInItsCellAndIsReadableOnDarkAndOnLight() {
        BufferedImage image =
                MatrixPicture.of(matrix(0, 1, 0, 1))
                        .optColors(ColorMap.BLUES)
                        .optCellSize(40)
                        .optAxes(false)
                        .optText(
                                (i, j) ->
                                        i == 0
                                                ? List.of("much too long for a cell", "4410")
                                                : List.of())
                        .draw();
        Color light = ColorMap.BLUES.at(0);
        Color dark = ColorMap.BLUES.at(1);
        assertTrue(furthest(image, 0, light) > 400, "dark on light");
        assertTrue(furthest(image, 1, dark) > 400, "light on dark");
        for (int x = MARGIN; x < MARGIN + 80; x++) {
            Color below = x < MARGIN + 40 ? light : dark;
            assertEquals(below, new Color(image.getRGB(x, MARGIN + 41)), "in the row below");
        }
        for (int y = 0; y < 40; y++) {
            assertEquals(light, new Color(image.getRGB(MARGIN, MARGIN + y)), "at its left edge");
            assertEquals(Color.WHITE, new Color(image.getRGB(MARGIN + 80, MARGIN + y)));
        }
    }

    // The largest distance of a pixel of cell (0, column) from its fill.
    private static int furthest(BufferedImage image, int column, Color fill) {
        int furthest = 0;
        for (int y = 0; y < 40; y++) {
            for (int x = 0; x < 40; x++) {
                Color c = new Color(image.getRGB(MARGIN + column * 40 + x, MARGIN + y));
                int distance =
                        Math.abs(c.getRed() - fill.getRed())
                                + Math.abs(c.getGreen() - fill.getGreen())
                                + Math.abs(c.getBlue() - fill.getBlue());
                furthest = Math.max(furthest, distance);
            }
        }
        return furthest;
    }

    @Test
    void titleAndAxesTakeTheirSpace() {
        MatrixPicture picture = MatrixPicture.of(matrix(0, 1, 1, 0));
        BufferedImage plain = picture.optAxes(false).draw();
        BufferedImage full = picture.optAxes(true).optTitle("N").draw();
        assertTrue(full.getWidth() > plain.getWidth());
        assertTrue(full.getHeight() > plain.getHeight() + 26);
        BufferedImage named = picture.optAxisNames("row", "column").draw();
        assertEquals(full.getWidth() + 18, named.getWidth());
        assertEquals(full.getHeight() + 18, named.getHeight());
        assertTrue(dark(named, 0, 0, 22, named.getHeight()) > 10, "the name of the rows");
        int bottom = named.getHeight() - 22;
        assertTrue(dark(named, 40, bottom, named.getWidth() - 40, 22) > 10, "of the columns");
    }

    private static int dark(BufferedImage image, int left, int top, int width, int height) {
        int count = 0;
        for (int pixel : image.getRGB(left, top, width, height, null, 0, width)) {
            count += (pixel & 255) < 120 ? 1 : 0;
        }
        return count;
    }

    @Test
    void whatCannotBeDrawnIsRefused() {
        assertRefused(
                "a picture takes a matrix of shape (rows, columns), but got (3)",
                () -> MatrixPicture.of(manager.ones(new Shape(3))));
        assertRefused(
                "a cell has 1 pixel or more, but got 0",
                () -> MatrixPicture.of(matrix(0, 1)).optCellSize(0));
        assertRefused(
                "a range goes from a smaller value to a larger, but got 1.0 and 1.0",
                () -> MatrixPicture.of(matrix(0, 1)).optRange(1, 1));
    }
}
