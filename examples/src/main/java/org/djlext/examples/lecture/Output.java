/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.djlext.files.FileFailure;
import org.djlext.files.OutputFile;
import org.djlext.makemore.data.DataFileException;
import org.djlext.micrograd.Value;
import org.djlext.micrograd.draw.GraphDrawing;
import org.jspecify.annotations.Nullable;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;

/**
 * Where an example prints, and where it puts its pictures. A test may override {@link #line} to
 * look at the numbers before they are rounded.
 */
public class Output {

    private final PrintWriter writer;
    private final @Nullable Path folder;
    private boolean drawn;

    /**
     * Creates an output.
     *
     * @param writer takes the text
     * @param folder takes the pictures, and is made with the first; without one none are made
     */
    public Output(PrintWriter writer, @Nullable Path folder) {
        this.writer = writer;
        this.folder = folder;
    }

    /** {@return the console, and no pictures} */
    public static Output console() {
        return new Output(new PrintWriter(System.out, true, StandardCharsets.UTF_8), null);
    }

    /** {@return what takes the text} */
    public PrintWriter writer() {
        return writer;
    }

    /** {@return whether pictures are wanted} */
    public boolean hasFolder() {
        return folder != null;
    }

    /** {@return whether it has a picture by now} */
    public boolean hasDrawn() {
        return drawn;
    }

    /**
     * Prints a line.
     *
     * @param format as for {@link String#format}
     * @param args what to put in
     */
    public void line(String format, Object... args) {
        writer.println(String.format(Locale.ROOT, format, args));
    }

    /**
     * Draws a graph as PNG and SVG.
     *
     * @param name the name of the files
     * @param root the root of the graph
     */
    public void graph(String name, Value root) {
        picture(
                name,
                file -> {
                    GraphDrawing drawing = GraphDrawing.of(root);
                    drawing.write(file.resolveSibling(name + ".svg"));
                    drawing.write(file);
                });
    }

    /**
     * Saves a chart as PNG.
     *
     * @param name the name of the file
     * @param chart the chart
     */
    public void chart(String name, XYChart chart) {
        picture(
                name,
                file ->
                        OutputFile.write(
                                file,
                                out ->
                                        BitmapEncoder.saveBitmap(
                                                chart, out, BitmapEncoder.BitmapFormat.PNG)));
    }

    /**
     * Saves an image as PNG.
     *
     * @param name the name of the file
     * @param image the image
     */
    public void image(String name, BufferedImage image) {
        picture(name, file -> OutputFile.write(file, out -> ImageIO.write(image, "png", out)));
    }

    private interface Drawing {
        void write(Path file) throws IOException;
    }

    private void picture(String name, Drawing drawing) {
        if (folder == null) {
            return;
        }
        Path file = folder.resolve(name + ".png");
        try {
            Files.createDirectories(folder);
            drawing.write(file);
            drawn = true;
        } catch (IOException e) {
            // What writes PNG wraps the reason.
            IOException failure = e.getCause() instanceof IOException cause ? cause : e;
            throw new DataFileException(
                    "the picture " + file + " cannot be written: " + FileFailure.reason(failure));
        }
        line("picture: %s", file);
    }
}
