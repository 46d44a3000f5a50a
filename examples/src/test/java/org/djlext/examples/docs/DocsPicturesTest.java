/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

import javax.imageio.ImageIO;

/**
 * The pictures of the pages are what the code draws. What takes long to draw is compared with
 * {@code -Dpictures=all} alone.
 */
class DocsPicturesTest {

    private static final Path IMAGES = Path.of("..", "docs", "images");

    // Pictures that are made by other means: screenshots of the report by its own test.
    private static final Set<String> MADE_ELSEWHERE = Set.of("report-.*");

    // A processor that rounds in another way changes 0.004 of lr-find; another seed changes 0.06.
    private static final double MAX_SHARE = 0.01;
    private static final int MAX_LEVELS = 64;

    // What the pictures in the repository are written with: DejaVu Sans, as OpenJDK finds it on
    // Debian.
    private static final int FONT_WIDTH = 1724;

    @Test
    void everyPictureHasACommand() throws IOException {
        Set<String> unknown = new TreeSet<>();
        try (Stream<Path> files = Files.list(IMAGES)) {
            files.map(f -> f.getFileName().toString())
                    .filter(f -> MADE_ELSEWHERE.stream().noneMatch(f::matches))
                    .forEach(unknown::add);
        }
        for (DocsPictures pictures : DocsPictures.all()) {
            for (String name : pictures.names().values()) {
                assertTrue(unknown.remove(name), name + " is not in docs/images");
            }
        }
        assertEquals(Set.of(), unknown, "pictures.txt does not say how these are drawn");
    }

    static List<DocsPictures> compared() throws IOException {
        boolean all = System.getProperty("pictures", "").equals("all");
        return DocsPictures.all().stream().filter(p -> all || !p.isSlow()).toList();
    }

    @ParameterizedTest
    @MethodSource("compared")
    void pictureIsWhatTheCodeDraws(DocsPictures picture, @TempDir Path folder) throws IOException {
        assumeTrue(
                !picture.needsData() || System.getenv("MAKEMORE_DATA") != null,
                "the environment variable MAKEMORE_DATA names no folder with the lectures' names");
        picture.draw(folder);
        Map<String, BufferedImage> drawn = new LinkedHashMap<>();
        for (String file : picture.names().values()) {
            if (file.endsWith(".svg")) {
                assertEquals(
                        Files.readString(IMAGES.resolve(file)),
                        Files.readString(folder.resolve(file)),
                        file);
                continue;
            }
            BufferedImage image = ImageIO.read(folder.resolve(file).toFile());
            BufferedImage kept = kept(file);
            assertEquals(kept.getWidth(), image.getWidth(), file);
            assertEquals(kept.getHeight(), image.getHeight(), file);
            drawn.put(file, image);
        }
        assumeTrue(
                fontWidth() == FONT_WIDTH,
                picture + " has its size, but the fonts are others than those of docs/images");
        for (Map.Entry<String, BufferedImage> entry : drawn.entrySet()) {
            double difference = difference(kept(entry.getKey()), entry.getValue());
            assertTrue(
                    difference <= MAX_SHARE,
                    () ->
                            "docs/images/%s: %.4f of its pixels differ; DocsPictures draws it again"
                                    .formatted(entry.getKey(), difference));
        }
    }

    private static BufferedImage kept(String file) throws IOException {
        return ImageIO.read(IMAGES.resolve(file).toFile());
    }

    @Test
    void anotherPictureDiffers() throws IOException {
        BufferedImage one = kept("deep-gradients.png");
        BufferedImage other = kept("deep-activations.png");
        assertEquals(0, difference(one, one));
        assertTrue(difference(one, other) > 2 * MAX_SHARE);
    }

    /** Returns the share of pixels that differ visibly. */
    private static double difference(BufferedImage a, BufferedImage b) {
        int count = 0;
        for (int y = 0; y < a.getHeight(); y++) {
            for (int x = 0; x < a.getWidth(); x++) {
                int p = a.getRGB(x, y);
                int q = b.getRGB(x, y);
                for (int shift = 0; shift < 24; shift += 8) {
                    if (Math.abs((p >> shift & 255) - (q >> shift & 255)) > MAX_LEVELS) {
                        count++;
                        break;
                    }
                }
            }
        }
        return (double) count / (a.getWidth() * a.getHeight());
    }

    private static int fontWidth() {
        Graphics2D graphics = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
        try {
            return graphics.getFontMetrics(new Font(Font.SANS_SERIF, Font.PLAIN, 100))
                    .stringWidth("gradient distribution, 0123456789");
        } finally {
            graphics.dispose();
        }
    }
}
