/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.Gson;
import com.google.gson.reflect.TypeToken;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** Debian's Chromium without a window, and what the tests of pages ask it. */
public final class Browser implements AutoCloseable {

    private static final File DRIVER = new File("/usr/bin/chromedriver");
    private static final File CHROMIUM = new File("/usr/bin/chromium");
    private static final long PATIENCE_NANOS = Duration.ofSeconds(60).toNanos();

    // It warns that it knows no protocol as new as the browser's; what is used here is older.
    private static final Logger SELENIUM = Logger.getLogger("org.openqa.selenium");

    private final ChromeDriver driver;

    /**
     * Starts the browser, or leaves the test out where there is none.
     *
     * @param profile an empty folder for what the browser keeps
     */
    public Browser(Path profile) {
        boolean installed = DRIVER.canExecute() && CHROMIUM.canExecute();
        assumeTrue(installed, "chromium and chromium-driver are not installed");
        SELENIUM.setLevel(Level.SEVERE);
        ChromeOptions options = new ChromeOptions();
        options.setBinary(CHROMIUM);
        options.addArguments(
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--hide-scrollbars", // in pictures
                "--user-data-dir=" + profile);
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        options.setCapability("goog:loggingPrefs", logs);
        driver =
                new ChromeDriver(
                        new ChromeDriverService.Builder()
                                .usingDriverExecutable(DRIVER)
                                .usingAnyFreePort()
                                .build(),
                        options);
    }

    /** Opens a page and waits until its charts are drawn. */
    public void open(String address) {
        driver.get(address);
        await("a chart is drawn", () -> count("figure canvas") > 0);
    }

    /** Moves the mouse, presses its button or releases it, as the last part of the event's name. */
    public void mouse(String type, double x, double y) {
        driver.executeCdpCommand(
                "Input.dispatchMouseEvent",
                json(
                        "{type: 'mouse%s', x: %s, y: %s, button: 'left', buttons: %d, clickCount:"
                                + " %d}",
                        type, x, y, type.equals("Released") ? 0 : 1, type.equals("Moved") ? 0 : 1));
    }

    private static Map<String, Object> json(String format, Object... values) {
        return new Gson()
                .fromJson(
                        String.format(Locale.ROOT, format, values),
                        new TypeToken<Map<String, Object>>() {});
    }

    /** Saves what pages offer, without asking. */
    public void saveInto(Path folder) {
        driver.executeCdpCommand(
                "Browser.setDownloadBehavior",
                Map.of("behavior", "allow", "downloadPath", folder.toString()));
    }

    /** Sets what the system prefers, light or dark. */
    public void prefer(String scheme) {
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                json("{features: [{name: 'prefers-color-scheme', value: '%s'}]}", scheme));
    }

    /** Sets the size of the screen; a narrow one is that of a phone. */
    public void resize(int width, int height) {
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                json(
                        "{width: %d, height: %d, deviceScaleFactor: 1, mobile: %s}",
                        width, height, width < 600));
        await("the page has its width", () -> number("window.innerWidth") == width);
    }

    /** Runs JavaScript and returns the value of an expression. */
    public Object value(String expression) {
        return driver.executeScript("return " + expression);
    }

    /** Returns a number of the page. */
    public double number(String expression) {
        return ((Number) Objects.requireNonNull(value(expression))).doubleValue();
    }

    /** Returns a text of the page. */
    public String text(String expression) {
        return Objects.requireNonNull(value(expression)).toString();
    }

    /** Returns the texts of the elements that a selector finds. */
    public List<String> texts(String selector) {
        Object texts =
                driver.executeScript(
                        "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)",
                        selector);
        return ((List<?>) Objects.requireNonNull(texts)).stream().map(String::valueOf).toList();
    }

    /** Returns the text of the first of these elements. */
    public String textOf(String selector) {
        return texts(selector).get(0);
    }

    /** Returns how many elements a selector finds. */
    public int count(String selector) {
        return texts(selector).size();
    }

    /** Clicks the element of an id. */
    public void click(String id) {
        driver.executeScript("document.getElementById(arguments[0]).click()", id);
    }

    /** Sets the value of the element of an id, as a reader does, upon which it has an event. */
    public void set(String id, Object value, String event) {
        driver.executeScript(
                "const e = document.getElementById(arguments[0]); e.value = arguments[1];"
                        + " e.dispatchEvent(new Event(arguments[2]))",
                id,
                value.toString(),
                event);
    }

    /** Waits until something is so. */
    public void await(String what, BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - start > PATIENCE_NANOS) {
                throw new AssertionError("not within a minute: " + what);
            }
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }
    }

    /** Checks that the console has nothing to say: no error, no violation of the policy. */
    public void assertQuiet() {
        List<String> messages =
                driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                        .map(LogEntry::toString)
                        .toList();
        assertEquals(List.of(), messages);
    }

    /** Checks the page with axe-core, all rules that are not experimental. */
    public void assertAccessible() throws IOException {
        try (InputStream in =
                Objects.requireNonNull(Browser.class.getResourceAsStream("/axe.min.js"))) {
            driver.executeScript(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
        driver.manage().timeouts().scriptTimeout(Duration.ofNanos(PATIENCE_NANOS));
        Object found =
                driver.executeAsyncScript(
                        """
                        const done = arguments[arguments.length - 1];
                        axe.run().then(r => done({
                          passes: r.passes.length,
                          violations: r.violations.map(v =>
                            v.id + ": " + v.nodes.map(n => n.html + " " + n.failureSummary).join("; ")),
                        }), e => done({passes: 0, violations: ["axe failed: " + e]}));
                        """);
        Map<?, ?> result = (Map<?, ?>) Objects.requireNonNull(found);
        assertEquals(List.of(), result.get("violations"));
        Number passes = (Number) Objects.requireNonNull(result.get("passes"));
        assertTrue(passes.intValue() > 15, "axe has looked");
    }

    /** Checks that nothing of the page is wider than the screen. */
    public void assertNoSidewaysScroll() {
        assertTrue(
                number("document.documentElement.scrollWidth") <= number("window.innerWidth"),
                () ->
                        "too wide: "
                                + text(
                                        "[...document.querySelectorAll('*')].filter(e =>"
                                                + " e.getBoundingClientRect().right > innerWidth +"
                                                + " 1).map(e => e.tagName + '.' + e.className).join('"
                                                + " ')"));
    }

    /** Takes a picture of what is on the screen. */
    public void picture(Path file) throws IOException {
        Map<String, Object> shot = driver.executeCdpCommand("Page.captureScreenshot", Map.of());
        String data = Objects.requireNonNull(shot.get("data")).toString();
        Files.write(file, Base64.getDecoder().decode(data));
    }

    @Override
    public void close() {
        driver.quit();
    }
}
