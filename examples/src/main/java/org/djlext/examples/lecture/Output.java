/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.djlext.files.OutputFile;
import org.djlext.makemore.data.DataFileException;
import org.djlext.micrograd.Value;
import org.djlext.micrograd.draw.GraphDrawing;
import org.jspecify.annotations.Nullable;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;

/**
 * Where an example prints, and where it puts its pictures.
 *
 * @param stream takes the text
 * @param folder takes the pictures; without one none are made
 */
public record Output(PrintStream stream, @Nullable Path folder) {

    /** {@return the console, and no pictures} */
    public static Output console() {
        return new Output(System.out, null);
    }

    /**
     * Prints a line.
     *
     * @param format as for {@link String#format}
     * @param args what to put in
     */
    public void line(String format, Object... args) {
        stream.println(String.format(Locale.ROOT, format, args));
    }

    /**
     * Draws a graph as PNG and SVG.
     *
     * @param name the name of the files
     * @param root the root of the graph
     */
    public void graph(String name, Value root) {
        if (folder == null) {
            return;
        }
        Path file = folder.resolve(name + ".png");
        try {
            GraphDrawing drawing = GraphDrawing.of(root);
            drawing.write(folder.resolve(name + ".svg"));
            drawing.write(file);
        } catch (IOException e) {
            throw notWritten(file, e);
        }
        line("picture: %s", file);
    }

    /**
     * Saves a chart as PNG.
     *
     * @param name the name of the file
     * @param chart the chart
     */
    public void chart(String name, XYChart chart) {
        if (folder == null) {
            return;
        }
        Path file = folder.resolve(name + ".png");
        try {
            OutputFile.write(
                    file,
                    out -> BitmapEncoder.saveBitmap(chart, out, BitmapEncoder.BitmapFormat.PNG));
        } catch (IOException e) {
            throw notWritten(file, e);
        }
        line("picture: %s", file);
    }

    /**
     * Saves an image as PNG.
     *
     * @param name the name of the file
     * @param image the image
     */
    public void image(String name, BufferedImage image) {
        if (folder == null) {
            return;
        }
        Path file = folder.resolve(name + ".png");
        try {
            OutputFile.write(file, out -> ImageIO.write(image, "png", out));
        } catch (IOException e) {
            throw notWritten(file, e);
        }
        line("picture: %s", file);
    }

    private static DataFileException notWritten(Path file, IOException e) {
        return new DataFileException("the picture " + file + " cannot be written: " + e);
    }
}
