/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** No link of the pages is broken, and nothing in docs is out of reach. */
class DocsLinksTest {

    @Test
    void everyLinkLeadsSomewhere() throws IOException {
        List<String> mistakes = new ArrayList<>();
        int links = 0;
        for (Page page : Page.all()) {
            for (PageLink link : PageLink.of(page)) {
                link.mistake().ifPresent(mistakes::add);
                links++;
            }
        }
        assertTrue(links > 40, "only " + links + " links were found");
        assertEquals(List.of(), mistakes, () -> String.join("\n", mistakes));
    }

    @Test
    void everyFileInDocsIsLinkedAndEveryPictureUsed() throws IOException {
        Set<Path> reached = reachedFrom(Path.of("README.md"), Page.DOCS.resolve("README.md"));
        try (Stream<Path> files = Files.walk(Page.ROOT.resolve(Page.DOCS))) {
            List<Path> lost =
                    files.filter(Files::isRegularFile)
                            .map(Page.ROOT::relativize)
                            .filter(f -> !reached.contains(f))
                            .sorted()
                            .toList();
            assertEquals(List.of(), lost, "no page that can be reached links to these");
        }
    }

    private static Set<Path> reachedFrom(Path... roots) throws IOException {
        List<Page> pages = Page.all();
        Set<Path> reached = new HashSet<>();
        Deque<Path> open = new ArrayDeque<>(List.of(roots));
        while (!open.isEmpty()) {
            Path file = open.pop();
            if (reached.add(file)) {
                pages.stream()
                        .filter(p -> p.file().equals(file))
                        .flatMap(p -> PageLink.of(p).stream())
                        .flatMap(l -> l.file().stream())
                        .forEach(open::push);
            }
        }
        return reached;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    [a](nothing.md)                    | nothing.md is not there
                    [a](../../outside.md)              | ../../outside.md leaves the project
                    [a](/etc/passwd)                   | /etc/passwd leaves the project
                    [a](#no-such)                      | #no-such is not among the anchors [a-heading-code-1]
                    ![a](images/nothing.png)           | images/nothing.png is not there
                    [a](http://example.org)            | http://example.org must begin with https:// and a host
                    [a](https://localhost:8080/)       | https://localhost:8080/ leads to the machine of the reader
                    [a](file:///etc/passwd)            | file:///etc/passwd must begin with https:// and a host
                    <img alt="a" src="images/no.svg">  | images/no.svg is not there
                    [a](gpt.md#no-such-heading-here)   | gpt.md#no-such-heading-here is not among
                    """)
    void aBrokenLinkIsFound(String link, String message) throws IOException {
        Page page =
                Page.of(
                        Path.of("docs", "page.md"),
                        "# A heading: `code`, (1)\n\n[good](#a-heading-code-1) and\n"
                                + link
                                + "\n");
        List<String> mistakes = new ArrayList<>();
        for (PageLink each : PageLink.of(page)) {
            each.mistake().ifPresent(mistakes::add);
        }
        assertEquals(1, mistakes.size(), mistakes::toString);
        String expected = "docs/page.md: " + message;
        assertTrue(mistakes.get(0).startsWith(expected), mistakes.get(0));
    }
}
