/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd.draw;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.djlext.files.OutputFile;
import org.djlext.micrograd.Value;

/**
 * A picture of a graph.
 *
 * <pre>{@code
 * GraphDrawing.of(loss).write(Path.of("loss.svg"));
 * }</pre>
 */
public final class GraphDrawing {

    private final List<Value> nodes; // the root first

    private GraphDrawing(List<Value> nodes) {
        this.nodes = nodes;
    }

    /**
     * {@return a picture of all that a node depends on}
     *
     * @param root the node
     */
    public static GraphDrawing of(Value root) {
        List<Value> nodes = root.topologicalOrder();
        Collections.reverse(nodes);
        return new GraphDrawing(nodes);
    }

    /** {@return the graph in the language of Graphviz} */
    public String dot() {
        return DotWriter.write(nodes);
    }

    /**
     * {@return the picture as SVG}
     *
     * @throws IllegalArgumentException if the graph has more nodes than a picture can show
     */
    public String svg() {
        return SvgWriter.write(Diagram.of(nodes));
    }

    /**
     * Paints the picture. That of a very large graph is scaled down to what an image viewer can
     * open.
     *
     * @return the picture as pixels
     * @throws IllegalArgumentException if the graph has more nodes than a picture can show
     */
    public BufferedImage image() {
        return PngWriter.paint(Diagram.of(nodes));
    }

    /**
     * Writes the picture in the format that the file's name ends with; a PNG is {@link #image()}.
     *
     * @param file a file ending in .dot, .svg or .png
     * @throws IOException if it cannot be written
     * @throws IllegalArgumentException if it ends otherwise, or if the graph has more nodes than a
     *     picture can show
     */
    public void write(Path file) throws IOException {
        String name = file.toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(".dot")) {
            OutputFile.writeString(file, dot());
        } else if (name.endsWith(".svg")) {
            OutputFile.writeString(file, svg());
        } else if (name.endsWith(".png")) {
            BufferedImage image = image();
            OutputFile.write(file, out -> ImageIO.write(image, "png", out));
        } else {
            throw new IllegalArgumentException(
                    "a picture's name must end in .dot, .svg or .png, but got " + file);
        }
    }
}
