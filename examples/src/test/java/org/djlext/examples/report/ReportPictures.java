/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Takes the pictures of docs/report.md: a report on a desktop in light and on a phone in dark.
 *
 * <pre>{@code
 * java -jar examples/target/makemore.jar train --max-steps 5000 --work-dir runs/report --report report.html
 * ./mvnw -q -pl examples test-compile exec:java -Dexec.classpathScope=test \
 *     -Dexec.mainClass=org.djlext.examples.report.ReportPictures \
 *     -Dexec.args="$PWD/report.html $PWD/docs/images"
 * }</pre>
 */
final class ReportPictures {

    private static final int DESKTOP = 1000;
    private static final int DESKTOP_HEIGHT = 1290;
    private static final int PHONE = 360;
    private static final int PHONE_HEIGHT = 1130;

    private ReportPictures() {}

    /**
     * The main.
     *
     * @param args the report, and the folder of the pictures
     * @throws IOException if a picture cannot be written
     */
    public static void main(String[] args) throws IOException {
        String address = Path.of(args[0]).toUri().toString();
        Path folder = Path.of(args[1]);
        try (Browser browser = new Browser(Files.createTempDirectory("report"))) {
            browser.prefer("light");
            browser.resize(DESKTOP, DESKTOP_HEIGHT);
            browser.open(address);
            browser.picture(folder.resolve("report-light.png"));
            browser.prefer("dark");
            browser.resize(PHONE, PHONE_HEIGHT);
            browser.open(address);
            browser.picture(folder.resolve("report-phone.png"));
        }
    }
}
