/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.djlext.files.OutputFile;

/**
 * A report as one HTML text: style, script and data are in it, and nothing is fetched.
 *
 * <p>Its Content-Security-Policy lets run the one script whose hash it names, so even a text that
 * found its way into the HTML could not.
 */
public final class ReportPage {

    private static final Pattern PLACE = Pattern.compile("\\{\\{(\\w+)}}");

    private static final String UPLOT = "/META-INF/resources/webjars/uplot/1.6.30/";

    private static final String LICENCE = resource(UPLOT + "LICENSE");
    private static final String STYLE =
            resource(UPLOT + "dist/uPlot.min.css") + resource("report.css");
    private static final String SCRIPT =
            resource(UPLOT + "dist/uPlot.iife.min.js")
                    + resource("base.js")
                    + resource("chart.js")
                    + resource("report.js");
    private static final String HTML = resource("report.html");

    private ReportPage() {}

    /**
     * Writes reports into a file, where several are compared. The old file stays whole until the
     * new one is.
     *
     * @param reports the reports
     * @param file the file, which is replaced if it is there
     * @throws IOException if it cannot be written
     */
    public static void write(List<TrainingReport> reports, Path file) throws IOException {
        OutputFile.writeString(file, html(reports, false));
    }

    /** Returns the page. */
    static String html(List<TrainingReport> reports, boolean live) {
        Map<String, String> parts =
                Map.of(
                        "policy",
                        policy(live),
                        "licence",
                        LICENCE,
                        "style",
                        STYLE,
                        "script",
                        SCRIPT,
                        "data",
                        data(reports, live));
        // In one pass, so that places in the data are left alone.
        return PLACE.matcher(HTML)
                .replaceAll(place -> Matcher.quoteReplacement(parts.get(place.group(1))));
    }

    /** Returns what the page shows, as it is now. */
    static String data(List<TrainingReport> reports, boolean live) {
        return ReportJson.write(
                Map.of("live", live, "runs", reports.stream().map(TrainingReport::json).toList()));
    }

    /**
     * Returns the page's Content-Security-Policy.
     *
     * @param live whether the page may ask its own server for data
     */
    static String policy(boolean live) {
        return "default-src 'none'; script-src 'sha256-%s'; style-src 'sha256-%s'; connect-src %s; img-src data:; base-uri 'none'; form-action 'none'"
                .formatted(sha256(SCRIPT), sha256(STYLE), live ? "'self'" : "'none'");
    }

    private static String sha256(String text) {
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256")
                            .digest(text.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Returns a file of text that comes with this package, or with another. */
    static String resource(String name) {
        try (InputStream in = ReportPage.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is missing beside " + ReportPage.class);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
