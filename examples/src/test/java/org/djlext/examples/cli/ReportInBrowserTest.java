/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.djlext.examples.report.Browser;
import org.djlext.examples.report.ReportPage;
import org.djlext.examples.report.ReportServer;
import org.djlext.examples.report.TrainingReport;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingConfig;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Opens reports of real runs in a real browser. */
@SuppressWarnings("NullAway") // JUnit sets the folder, and only then the rest is made
class ReportInBrowserTest {

    private static final int PHONE = 360;
    private static final int DESKTOP = 1280;
    private static final int HEIGHT = 900;

    private static final String NAME =
            "</script><img src=x onerror=\"window.hacked=1\"><b>'\u2028 & <!--";

    @TempDir static Path dir;

    @AutoClose private static Browser browser;
    private static Path run;
    private static Path ninja;

    @BeforeAll
    static void openBrowser() throws IOException {
        browser = new Browser(Files.createDirectory(dir.resolve("profile")));
        run = dir.resolve("run.html");
        Outcome train =
                Outcome.ok(
                        "train --model mlp-bn --max-steps 40 --n-embd2 50 --work-dir %s --report"
                                + " %s",
                        dir.resolve("run"), run);
        assertTrue(train.out().endsWith("the report is in " + run + "\n"), train.out());
        ninja = dir.resolve("ninja.html");
        Outcome.ok("ninja --max-steps 8 --n-embd2 20 --report %s", ninja);
    }

    private static void open(Path report, String scheme, int width) {
        browser.prefer(scheme);
        browser.resize(width, HEIGHT);
        browser.open(report.toUri().toString());
    }

    @Test
    void aRunIsShownWhole() {
        open(run, "light", DESKTOP);
        String ids =
                "numbers loss learning-rate gradient-norm updates histograms samples embedding"
                        + " settings versions command";
        for (String id : ids.split(" ", -1)) {
            assertEquals(1, browser.count("#" + id + ":not([hidden])"), id);
        }
        assertTrue(state().startsWith("Finished: 40 of 40 steps in "), state());
        String described = ".plot[aria-label*='. Arrow keys '] canvas";
        browser.await("nine charts", () -> browser.count(described) == 9);
        assertEquals(
                27,
                browser.number(
                        "charts.find(c => c.id ==="
                                + " 'embedding-chart').spec.series[0].labels.length"));
        assertEquals(5, browser.count("#samples details"));
        assertEquals(20, browser.count("details[open] .names li"));
        String versions = browser.textOf("#versions");
        assertTrue(
                versions.matches(".*DJL extensions0\\.\\d+.*DJL0\\.\\d+.*libtorch2\\..*"),
                versions);
        assertTrue(
                browser.textOf("#command")
                        .contains(" train --model mlp-bn --max-steps 40 --n-embd2 50 "),
                "the command");
        // Another moment of the histograms.
        String weights =
                "charts.find(c => c.id === 'histograms-Weights').spec.series.map(s => s.y).join()";
        String before = browser.text(weights);
        browser.set("histograms-step", 0, "change");
        browser.await("other histograms", () -> !before.equals(browser.text(weights)));
        browser.assertQuiet();
    }

    @Test
    void handWrittenGradientsAreCompared() throws IOException {
        open(ninja, "light", DESKTOP);
        assertEquals(3, browser.count("#comparisons table"));
        assertEquals(26 + 2 + 7, browser.count("#comparisons tbody tr"));
        assertEquals(0, browser.count("#comparisons .bad"));
        browser.assertQuiet();
        browser.assertAccessible();
        browser.resize(PHONE, HEIGHT);
        browser.assertNoSidewaysScroll();
        browser.assertAccessible();
    }

    @Test
    void axeFindsNothingInLightAndDarkAndOnAPhone() throws IOException {
        for (String scheme : List.of("light", "dark")) {
            for (int width : new int[] {DESKTOP, PHONE}) {
                open(run, scheme, width);
                browser.assertAccessible();
                browser.assertNoSidewaysScroll();
                browser.assertQuiet();
            }
        }
    }

    @Test
    void theThemeFollowsTheSystemAndTheButton() {
        String back = "getComputedStyle(document.body).backgroundColor";
        open(run, "dark", DESKTOP);
        assertEquals("rgb(20, 23, 28)", browser.text(back));
        assertEquals("Light theme", browser.textOf("#theme"));
        browser.click("theme");
        assertEquals("rgb(255, 255, 255)", browser.text(back));
        open(run, "light", DESKTOP);
        assertEquals("rgb(255, 255, 255)", browser.text(back));
        browser.click("theme");
        assertEquals("rgb(20, 23, 28)", browser.text(back));
    }

    /** Axe looks at texts; WCAG 1.4.11 wants 3 to 1 for lines too. */
    @Test
    void linesStandOutFromTheBackground() {
        for (String scheme : List.of("light", "dark")) {
            open(run, scheme, DESKTOP);
            browser.value("document.body.insertAdjacentHTML('beforeend', '<p id=probe></p>')");
            double back = luminance("--card");
            for (int i = 0; i < 8; i++) {
                double line = luminance("--c" + i);
                double contrast = (Math.max(line, back) + 0.05) / (Math.min(line, back) + 0.05);
                assertTrue(contrast >= 3, scheme + " --c" + i + ": " + contrast);
            }
        }
    }

    private static double luminance(String property) {
        String rgb =
                browser.text(
                        "(p => { p.style.color = 'var(%s)'; return getComputedStyle(p).color; })(document.getElementById('probe'))"
                                .formatted(property));
        String[] parts = rgb.replaceAll("[^0-9,]", "").split(",", -1);
        double[] weights = {0.2126, 0.7152, 0.0722};
        double sum = 0;
        for (int i = 0; i < 3; i++) {
            double c = Integer.parseInt(parts[i]) / 255.0;
            sum += weights[i] * (c <= 0.04045 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4));
        }
        return sum;
    }

    @Test
    void hostileTextsAreShownAsTexts() throws IOException {
        TrainingReport report = new TrainingReport(NAME);
        report.command("train " + NAME);
        report.setting(NAME, NAME);
        report.result(NAME, NAME);
        report.step(0, 1);
        String metric = NAME.replaceAll("[\"\u2028]", "");
        report.evaluation(1, metric, 2);
        report.updateRatios(0, Map.of(metric, -3.0));
        report.samples(1, List.of(NAME, "\u202eabc", "x"));
        report.embedding(1, List.of(NAME), new float[] {1, 2}, 2);
        Path file = dir.resolve("a'b<i>&#x;.html");
        ReportPage.write(List.of(report), file);
        open(file, "light", DESKTOP);
        assertEquals(NAME, browser.textOf(".names li"));
        assertEquals(NAME, browser.textOf("h1"));
        assertEquals(NAME, browser.textOf("#settings dd"));
        assertEquals("train " + NAME, browser.textOf("#command pre"));
        assertEquals(metric + "/loss", browser.texts("#loss li label").get(1));
        assertEquals(0, browser.count("img, main b"));
        assertEquals("undefined", browser.text("typeof window.hacked"));
        browser.assertQuiet();
        // Even HTML that got in could run nothing.
        browser.value("document.body.insertAdjacentHTML('beforeend', `" + NAME + "`)");
        browser.await("the picture", () -> browser.count("img") == 1);
        assertEquals("undefined", browser.text("typeof window.hacked"));
    }

    @Test
    void namesAndTheirFileMayHoldHtml() throws IOException {
        Path names = dir.resolve("<img src=x onerror=window.hacked=1>.txt");
        Files.writeString(names, "<b>anna</b>\n\"quoted\"\n</scrip\nline\u2028end\n".repeat(40));
        Path file = dir.resolve("names.html");
        Outcome.ok(
                "train --model mlp --max-steps 4 --data %s --work-dir %s --report %s",
                names, dir.resolve("html"), file);
        open(file, "light", DESKTOP);
        assertTrue(browser.textOf("#settings").contains("names from " + names), "the file's name");
        assertEquals("undefined", browser.text("typeof window.hacked"));
        browser.assertQuiet();
    }

    @Test
    void aPageThatIsWatchedGetsTheNewPoints() throws IOException {
        NamesCorpus corpus = NamesCorpus.of(Names.embedded());
        TrainingConfig settings =
                TrainingConfig.builder(30)
                        .learningRate(LearningRate.stepDecay(0.1, 20))
                        .seed(1)
                        .gradients(Gradients.ENGINE)
                        .build();
        TrainingReport report = new TrainingReport("watched");
        report.plan(0, settings.maxSteps());
        try (NDManager manager = NDManager.newBaseManager("PyTorch");
                Training training =
                        Training.start(
                                manager,
                                ModelType.MLP_BN.defaults(corpus.vocabulary().size(), 0),
                                settings,
                                corpus);
                ReportServer server = new ReportServer(report, 0)) {
            train(training, 10, report);
            browser.resize(DESKTOP, HEIGHT);
            browser.open(server.address());
            browser.await("ten steps", () -> state().startsWith("Training now: 10 of 30 steps"));
            browser.await("a curve", () -> !curve().isEmpty());
            String curve = curve();
            train(training, 30, report);
            report.samples(30, List.of("anna", NAME));
            browser.await("thirty steps", () -> state().startsWith("Training now: 30 of 30"));
            browser.await("a longer curve", () -> !curve().isEmpty() && !curve().equals(curve));
            browser.await("the samples", () -> browser.count(".names li") == 2);
            assertEquals(NAME, browser.texts(".names li").get(1));
            report.end(true);
        }
        browser.await("the end", () -> state().startsWith("Finished: 30 of 30 steps"));
        assertNotEquals("", curve());
        browser.assertQuiet();
    }

    private static void train(Training training, int steps, TrainingReport report) {
        while (training.stepsDone() < steps) {
            int step = training.stepsDone();
            report.step(step, training.step());
        }
    }

    private static String state() {
        return browser.textOf("#state");
    }

    private static String curve() {
        return browser.text(
                "charts.filter(c => c.id === 'loss-chart').map(c => c.plot ? c.plot.data.join() :"
                        + " '').join()");
    }
}
