/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd.draw;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.djlext.makemore.data.PythonRandom;
import org.djlext.micrograd.Mlp;
import org.djlext.micrograd.Value;
import org.djlext.micrograd.draw.Diagram.Box;
import org.djlext.micrograd.draw.Diagram.Point;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;

class GraphDrawingTest {

    @Test
    void aPlusAHasOneEdge() {
        Value a = new Value(3, "a");
        String dot = GraphDrawing.of(a.add(a)).dot();
        assertEquals(List.of("n0_op -> n0", "n1 -> n0_op"), edges(dot));
    }

    private static List<String> edges(String dot) {
        return dot.lines().map(String::strip).filter(line -> line.contains("->")).toList();
    }

    @Test
    void dotHasTheBoxesOfTheLecture() {
        Value a = new Value(2, "a");
        Value e = a.mul(new Value(-3, "b|{x}")).label("e");
        e.backward();
        assertEquals(
                """
                digraph {
                  rankdir=LR
                  n0 [shape=record, label="{ e | data -6.0000 | grad 1.0000 }"]
                  n0_op [label="*"]
                  n0_op -> n0
                  n1 [shape=record, label="{ b\\|\\{x\\} | data -3.0000 | grad 2.0000 }"]
                  n2 [shape=record, label="{ a | data 2.0000 | grad -3.0000 }"]
                  n2 -> n0_op
                  n1 -> n0_op
                }
                """,
                GraphDrawing.of(e).dot());
    }

    @Test
    void boxesDoNotOverlapAndArrowsPointToTheRight() {
        Value out = Mlp.tanh(new PythonRandom(1), 3, 4, 4, 1).call(2, 3, -1);
        List<Value> nodes = out.topologicalOrder();
        Collections.reverse(nodes);
        Diagram diagram = Diagram.of(nodes);
        // A box for each of 41 parameters, 3 inputs and the results, and an oval for each result.
        int results = 2 * (4 * 3 + 4 * 4 + 4) + 9;
        assertEquals(41 + 3 + 2 * results, diagram.boxes().size());
        List<Box> boxes = diagram.boxes();
        for (int i = 0; i < boxes.size(); i++) {
            Box box = boxes.get(i);
            assertTrue(box.x() - box.width() / 2 >= 0);
            assertTrue(box.x() + box.width() / 2 <= diagram.width());
            assertTrue(box.y() - Diagram.BOX_HEIGHT / 2 >= 0);
            assertTrue(box.y() + Diagram.BOX_HEIGHT / 2 <= diagram.height());
            for (Box other : boxes.subList(0, i)) {
                boolean beside = Math.abs(box.x() - other.x()) >= (box.width() + other.width()) / 2;
                boolean apart = Math.abs(box.y() - other.y()) >= Diagram.BOX_HEIGHT;
                assertTrue(beside || apart, box + " overlaps " + other);
            }
        }
        for (Diagram.Arrow arrow : diagram.arrows()) {
            List<Point> points = arrow.points();
            for (int i = 1; i < points.size(); i++) {
                assertTrue(points.get(i).x() >= points.get(i - 1).x());
            }
        }
    }

    @Test
    void placesAreOrderedSoThatEdgesDoNotCross() {
        Layers layers = new Layers();
        int[] heads = {layers.addItem(), layers.addItem(), layers.addItem(), layers.addItem()};
        int[] tails = {layers.addItem(), layers.addItem(), layers.addItem(), layers.addItem()};
        int[] order = {2, 0, 3, 1};
        for (int i = 0; i < 4; i++) {
            layers.addEdge(tails[i], heads[order[i]]);
        }
        layers.arrange();
        List<Integer> reached =
                layers.layer(1).stream().map(tail -> layers.after(tail).get(0)).toList();
        assertEquals(layers.layer(0), reached);
    }

    @Test
    void runsThatDescendAreReplacedByTheirMean() {
        double[] numbers = {1, 5, 3, 4, 9, 8};
        Placement.poolDescending(numbers);
        assertArrayEquals(new double[] {1, 4, 4, 4, 8.5, 8.5}, numbers);
    }

    @Test
    void svgIsXmlWithEveryText() throws Exception {
        Value a = new Value(2, "a<b & c");
        Value b = a.tanh();
        Document document =
                DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(
                                new ByteArrayInputStream(
                                        GraphDrawing.of(b).svg().getBytes(StandardCharsets.UTF_8)));
        assertEquals(7, document.getElementsByTagName("text").getLength());
        // Two boxes, each with two lines inside, an oval, and two arrows with their heads.
        assertEquals(2 * 3 + 1 + 2 * 2, document.getElementsByTagName("path").getLength());
        assertTrue(document.getDocumentElement().getTextContent().contains("a<b & c"));
        assertTrue(document.getDocumentElement().getTextContent().contains("data 0.9640"));
    }

    @Test
    void filesAreWrittenInTheFormatOfTheirName(@TempDir Path folder) throws Exception {
        GraphDrawing drawing = GraphDrawing.of(new Value(2, "a").mul(3));
        drawing.write(folder.resolve("g.png"));
        drawing.write(folder.resolve("g.svg"));
        drawing.write(folder.resolve("g.dot"));
        assertEquals(drawing.svg(), Files.readString(folder.resolve("g.svg")));
        assertEquals(drawing.dot(), Files.readString(folder.resolve("g.dot")));
        BufferedImage image = ImageIO.read(folder.resolve("g.png").toFile());
        assertNotNull(image);
        int dark = 0;
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                dark += (image.getRGB(x, y) & 0xff) < 128 ? 1 : 0;
            }
        }
        assertTrue(dark > 2000 && dark < image.getWidth() * image.getHeight() / 4, "dark " + dark);
        assertRefused(
                "a picture's name must end in .dot, .svg or .png, but got g.gif",
                () -> drawing.write(Path.of("g.gif")));
    }

    @Test
    void aGraphThatNobodyCouldReadIsRefused() {
        Value x = new Value(1);
        for (int i = 0; i < 5000; i++) {
            x = x.tanh();
        }
        GraphDrawing drawing = GraphDrawing.of(x);
        assertRefused(
                "a picture takes at most 5000 nodes, but got 5001; draw a part of the graph, or"
                        + " write it as DOT, which has no limit",
                drawing::svg);
        assertEquals(2 + 1 + 3 * 5000 + 5000 + 1, drawing.dot().lines().count());
    }

    @Test
    void aLongChainIsScaledDown(@TempDir Path folder) throws Exception {
        Value x = new Value(1);
        for (int i = 0; i < 60; i++) {
            x = x.mul(x.add(i));
        }
        Path file = folder.resolve("chain.png");
        GraphDrawing.of(x).write(file);
        BufferedImage image = ImageIO.read(file.toFile());
        assertTrue((long) image.getWidth() * image.getHeight() <= 25_000_000);
    }
}
