/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import static org.djlext.testing.Failures.assertContains;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pages as HTML, with the Javadoc's first page in place of all of it. */
class SiteTest {

    private static final String HOME = "https://example.org/project";

    @Test
    void everyPageIsThereAndNoLinkIsBroken(@TempDir Path dir) throws IOException {
        Site site = new Site(HOME, dir);
        List<Page> pages = Page.all();
        site.write(pages);
        List<String> broken = site.brokenLinks();
        assertEquals(pages.size(), broken.size(), broken::toString);
        assertTrue(
                broken.stream().allMatch(b -> b.endsWith("apidocs/index.html")), broken::toString);
        Files.createDirectories(dir.resolve("apidocs"));
        Files.writeString(dir.resolve("apidocs/index.html"), "");
        assertEquals(List.of(), site.brokenLinks());
        String readme = Files.readString(dir.resolve("README.html"));
        assertContains(
                readme,
                "<a href=\"docs/operations.html\">",
                "<h2 id=\"speed\">",
                "<th>module</th>");
        String page = Files.readString(dir.resolve("docs/operations.html"));
        assertContains(page, HOME + "/blob/main/djl-extensions/src/main/java/");

        Files.writeString(
                dir.resolve("CHANGELOG.html"),
                "<a href=\"no.html\">a</a><a href=\"README.html#no\">a</a><img src=\"no.png\">");
        assertEquals(
                List.of(
                        "CHANGELOG.html: no.html",
                        "CHANGELOG.html: README.html#no",
                        "CHANGELOG.html: no.png"),
                site.brokenLinks());
    }
}
