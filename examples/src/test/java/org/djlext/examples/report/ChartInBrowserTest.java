/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a reader does with a chart, in a real browser, on numbers that are known. */
@SuppressWarnings("NullAway") // JUnit sets the folder, and only then the rest is made
class ChartInBrowserTest {

    private static final int STEPS = 400;
    private static final int PER_BLOCK = 4;

    // The chart of the losses, and its plot.
    private static final String LOSS = "charts.find(c => c.id === 'loss-chart')";
    private static final String UPDATES = "charts.find(c => c.id === 'updates-chart')";

    @TempDir static Path dir;

    @AutoClose private static Browser browser;
    private static Path page;

    private static double loss(int step) {
        return 3 - step / 200.0 + (step % 2 == 0 ? 0.25 : -0.25);
    }

    private static TrainingReport report(String title, double more) {
        TrainingReport report = new TrainingReport(title);
        report.plan(0, STEPS);
        report.learningRate(step -> 0.5);
        for (int step = 0; step < STEPS; step++) {
            report.step(step, loss(step) + more);
        }
        report.evaluation(200, "dev", 2.125);
        report.evaluation(400, "dev", 1.5);
        Map<String, Double> ratios = new LinkedHashMap<>();
        ratios.put("embedding.weight", -4.0);
        for (int block = 0; block < 3; block++) {
            for (int i = 0; i < PER_BLOCK; i++) {
                ratios.put("blocks.%d.part.%d.weight".formatted(block, i), -3.0 + i);
            }
        }
        report.updateRatios(0, ratios);
        report.updateRatios(100, ratios);
        report.end(true);
        return report;
    }

    @BeforeAll
    static void openBrowser() throws IOException {
        browser = new Browser(Files.createDirectory(dir.resolve("profile")));
        page = dir.resolve("page.html");
        ReportPage.write(List.of(report("one", 0)), page);
    }

    @BeforeEach
    void open() {
        browser.prefer("light");
        browser.resize(1280, 900);
        browser.open(page.toUri().toString());
        browser.await("plots", () -> browser.number("charts.filter(c => c.plot).length") == 3);
    }

    private static double x(String end) {
        return browser.number(LOSS + ".plot.scales.x." + end);
    }

    @Test
    void pointingAtAStepShowsItsValues() {
        mouse("Moved", 199);
        browser.await("the values", () -> browser.texts("#loss .value").get(1).equals("2.125"));
        assertTrue(readout().startsWith("step 199: train/loss "), readout());
        assertTrue(readout().endsWith(", dev/loss 2.125"), readout());
    }

    private static void mouse(String type, int step) {
        String at = "(p => p.over.getBoundingClientRect().%s)(" + LOSS + ".plot)";
        double x = browser.number(LOSS + ".plot.valToPos(" + step + ", 'x')");
        browser.mouse(
                type,
                browser.number(at.formatted("left")) + x,
                browser.number(at.formatted("top")) + 50);
    }

    private static String readout() {
        return browser.textOf("#loss .readout");
    }

    @Test
    void keysReadValuesAndZoom() {
        press("Home");
        assertTrue(readout().startsWith("step 0: train/loss 3.25, dev/loss 2.125"), readout());
        press("ArrowRight");
        assertTrue(readout().startsWith("step 1: "), readout());
        double width = x("max") - x("min");
        press("+");
        assertEquals(width / 2, x("max") - x("min"), 1e-6);
        press("-");
        assertEquals(width, x("max") - x("min"), 1e-6);
        press("+");
        press("0");
        assertEquals(width, x("max") - x("min"), 1e-6);
    }

    private static void press(String key) {
        browser.value(
                "document.getElementById('loss-chart-plot').dispatchEvent(new KeyboardEvent('keydown', { key: '%s' }))"
                        .formatted(key));
    }

    @Test
    void draggingZoomsAndTheButtonShowsAllAgain() {
        mouse("Moved", 100);
        mouse("Pressed", 100);
        mouse("Moved", 150);
        mouse("Moved", 200);
        mouse("Released", 200);
        browser.await("zoomed", () -> x("max") < 210);
        assertEquals(100, x("min"), 2);
        assertEquals(200, x("max"), 2);
        browser.click("loss-chart-log");
        assertEquals(200, x("max"), 2, "zoomed still");
        browser.click("loss-chart-all");
        assertTrue(x("max") >= 400, "all");
    }

    /** By the definition: weights w^k for the value k steps ago, over the sum of these weights. */
    @Test
    void smoothingIsAnExponentialMeanWithoutBias() {
        for (double w : new double[] {0, 0.5, 0.97}) {
            browser.set("loss-chart-smooth", w, "input");
            for (int step : new int[] {0, 1, 2, STEPS - 1}) {
                double sum = 0;
                double weights = 0;
                for (int k = 0; k <= step; k++) {
                    sum += Math.pow(w, k) * loss(step - k);
                    weights += Math.pow(w, k);
                }
                // Series 1 is what each step gave, series 2 the mean of it.
                assertEquals(
                        sum / weights, browser.number(LOSS + ".plot.data[2][" + step + "]"), 1e-4);
            }
        }
    }

    @Test
    void theAxisMayBeLogarithmic() {
        String middle = "(p => p.posToVal(p.over.clientHeight / 2, 'y'))(" + LOSS + ".plot)";
        String ends = "(p => %s(p.scales.y.min, p.scales.y.max))(" + LOSS + ".plot)";
        assertEquals(
                browser.number(ends.formatted("((a, b) => (a + b) / 2)")),
                browser.number(middle),
                0.02);
        browser.click("loss-chart-log");
        assertEquals("true", pressed());
        assertEquals(
                browser.number(ends.formatted("((a, b) => Math.sqrt(a * b))")),
                browser.number(middle),
                0.02);
        browser.click("loss-chart-log");
        assertEquals("false", pressed());
    }

    private static String pressed() {
        return browser.text("document.getElementById('loss-chart-log').ariaPressed");
    }

    @Test
    void seriesAreSwitchedOffAloneAndByLayer() {
        browser.click("loss-chart-dev/loss");
        assertEquals("true,true,false", shown(LOSS));
        browser.click("loss-chart-dev/loss");
        assertEquals("true,true,true", shown(LOSS));
        assertEquals(
                List.of("blocks.0 (4)", "blocks.1 (4)", "blocks.2 (4)"),
                browser.texts("#updates .legend > div > label"));
        String first = "true" + ",true".repeat(PER_BLOCK);
        browser.click("updates-chart-all-blocks.1.part.0.weight");
        assertEquals(
                first + ",false".repeat(PER_BLOCK) + ",true".repeat(PER_BLOCK), shown(UPDATES));
        browser.click("updates-chart-blocks.1.part.2.weight");
        assertEquals(
                "true",
                browser.text(
                        "document.getElementById('updates-chart-all-blocks.1.part.0.weight').indeterminate"));
        // One colour a layer.
        assertEquals(
                5,
                browser.number(
                                "new Set([...document.querySelectorAll('#updates .swatch')].map(s => getComputedStyle(s).borderTopColor)).size")
                        + 1);
    }

    private static String shown(String chart) {
        return browser.text(chart + ".plot.series.slice(1).map(s => s.show).join()");
    }

    @Test
    void chartsAreSavedAsTableAndAsPicture() throws IOException {
        Path saved = Files.createDirectory(dir.resolve("saved"));
        browser.saveInto(saved);
        browser.click("loss-chart-csv");
        Path csv = saved.resolve("loss-chart.csv");
        browser.await("a table", () -> Files.exists(csv));
        List<String> expected = new ArrayList<>(List.of("step,train/loss,dev/loss"));
        for (int step = 0; step < STEPS; step++) {
            String value = Float.toString((float) loss(step)).replaceAll("\\.0$", "");
            expected.add(step + "," + value + "," + (step == 200 ? "2.125" : ""));
        }
        expected.add("400,,1.5");
        assertEquals(expected, Files.readAllLines(csv, StandardCharsets.UTF_8));
        browser.click("loss-chart-png");
        Path png = saved.resolve("loss-chart.png");
        browser.await("a picture", () -> Files.exists(png));
        assertTrue(ImageIO.read(png.toFile()).getHeight() > 360, "plot, title and names");
        browser.assertQuiet();
    }

    @Test
    void runsAreCompared() throws IOException {
        Path both = dir.resolve("both.html");
        TrainingReport two = report("two", 0.5);
        two.setting("rate", "0.2");
        ReportPage.write(List.of(report("one", 0), two), both);
        browser.open(both.toUri().toString());
        assertEquals("one and two", browser.text("document.title"));
        assertEquals(
                "one: train/loss,one: dev/loss,two: train/loss,two: dev/loss",
                browser.text(LOSS + ".spec.series.map(s => s.name).join()"));
        assertEquals(
                List.of("train/loss, mean of the last 100", "1.2525", "1.7525"),
                browser.texts("#numbers tbody tr:first-child > *"));
        assertEquals(List.of("rate", "", "0.2"), browser.texts("#settings tr.differs > *"));
        assertNotEquals(0, browser.number(UPDATES + ".spec.series.length"));
        browser.assertAccessible();
        browser.assertQuiet();
    }
}
