/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A link or a picture of a page.
 *
 * @param page the page
 * @param target where it leads
 */
record PageLink(Page page, String target) {

    /** A link in HTML, its target in the middle. */
    static final Pattern LINK =
            Pattern.compile("(\\b(?:href|src|srcset) *= *[\"'])([^\"' ]*)([^\"']*[\"'])");

    private static final Pattern ID = Pattern.compile("\\b(?:id|name) *= *[\"']([^\"']*)[\"']");
    private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*:.*");
    private static final Pattern LOCAL_HOST =
            Pattern.compile("localhost|127\\..*|0\\.0\\.0\\.0|\\[.*");

    /** Returns all links of a page, those in HTML too. */
    static List<PageLink> of(Page page) {
        return LINK.matcher(page.html())
                .results()
                .map(link -> new PageLink(page, link.group(2).replace("&amp;", "&")))
                .toList();
    }

    private boolean isExternal() {
        return SCHEME.matcher(target).matches();
    }

    /** Returns the file in the project that it leads to, whether it is there or not. */
    Optional<Path> file() {
        if (isExternal()) {
            return Optional.empty();
        }
        String path = URLDecoder.decode(target.split("#", 2)[0], StandardCharsets.UTF_8);
        return Optional.of(
                path.isEmpty() ? page.file() : page.file().resolveSibling(path).normalize());
    }

    /** Says what is wrong with it. */
    Optional<String> mistake() throws IOException {
        return fault().map(f -> page + ": " + target + " " + f);
    }

    private Optional<String> fault() throws IOException {
        if (isExternal()) {
            return externalFault();
        }
        Path file = file().orElseThrow();
        if (file.isAbsolute() || file.startsWith("..")) {
            return Optional.of("leaves the project");
        }
        boolean here = file.equals(page.file());
        if (!here && !Files.exists(Page.ROOT.resolve(file))) {
            return Optional.of("is not there");
        }
        String[] parts = target.split("#", 2);
        if (parts.length < 2) {
            return Optional.empty();
        }
        if (!file.toString().endsWith(".md")) {
            return Optional.of("has an anchor, but only pages have some");
        }
        Page other = here ? page : Page.of(file, Files.readString(Page.ROOT.resolve(file)));
        Set<String> anchors = anchors(other);
        return anchors.contains(parts[1])
                ? Optional.empty()
                : Optional.of("is not among the anchors " + anchors);
    }

    private Optional<String> externalFault() {
        try {
            URI uri = new URI(target);
            if (!"https".equals(uri.getScheme()) || uri.getHost() == null) {
                return Optional.of("must begin with https:// and a host");
            }
            return LOCAL_HOST.matcher(uri.getHost()).matches()
                    ? Optional.of("leads to the machine of the reader")
                    : Optional.empty();
        } catch (URISyntaxException e) {
            return Optional.of("is no address: " + e.getReason());
        }
    }

    private static Set<String> anchors(Page page) {
        return ID.matcher(page.html()).results().map(id -> id.group(1)).collect(Collectors.toSet());
    }
}
