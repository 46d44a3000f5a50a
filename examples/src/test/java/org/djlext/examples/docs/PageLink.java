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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.commonmark.ext.heading.anchor.IdGenerator;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Code;
import org.commonmark.node.Heading;
import org.commonmark.node.HtmlBlock;
import org.commonmark.node.HtmlInline;
import org.commonmark.node.Image;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.node.Text;

/**
 * A link or a picture of a page.
 *
 * @param page the page
 * @param line where it is
 * @param target where it leads
 */
record PageLink(Page page, int line, String target) {

    private static final Pattern ATTRIBUTE =
            Pattern.compile("\\b(?:href|src|srcset)\\s*=\\s*[\"']([^\"']*)[\"']");
    private static final Pattern ID = Pattern.compile("\\b(?:id|name)\\s*=\\s*[\"']([^\"']*)[\"']");
    private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*:.*");
    private static final Pattern LOCAL_HOST =
            Pattern.compile("localhost|127\\..*|0\\.0\\.0\\.0|\\[.*");

    /** Returns all links of a page, those in HTML too. */
    static List<PageLink> of(Page page) {
        List<PageLink> links = new ArrayList<>();
        page.document()
                .accept(
                        new AbstractVisitor() {
                            @Override
                            public void visit(Link link) {
                                add(link, link.getDestination());
                                visitChildren(link);
                            }

                            @Override
                            public void visit(Image image) {
                                add(image, image.getDestination());
                            }

                            @Override
                            public void visit(HtmlBlock html) {
                                attributes(html, html.getLiteral());
                            }

                            @Override
                            public void visit(HtmlInline html) {
                                attributes(html, html.getLiteral());
                            }

                            private void attributes(Node node, String html) {
                                Matcher matcher = ATTRIBUTE.matcher(html);
                                while (matcher.find()) {
                                    add(node, matcher.group(1).split(" ", 2)[0]);
                                }
                            }

                            private void add(Node node, String target) {
                                links.add(new PageLink(page, Page.line(node), target));
                            }
                        });
        return links;
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
        return fault().map(f -> page.at(line) + ": " + target + " " + f);
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

    /** Returns the anchors that GitHub makes of the headings, and those in HTML. */
    static Set<String> anchors(Page page) {
        Set<String> anchors = new HashSet<>();
        IdGenerator ids = IdGenerator.builder().build();
        page.document()
                .accept(
                        new AbstractVisitor() {
                            @Override
                            public void visit(Heading heading) {
                                anchors.add(ids.generateId(text(heading)));
                                visitChildren(heading);
                            }

                            @Override
                            public void visit(HtmlBlock html) {
                                named(html.getLiteral());
                            }

                            @Override
                            public void visit(HtmlInline html) {
                                named(html.getLiteral());
                            }

                            private void named(String html) {
                                Matcher matcher = ID.matcher(html);
                                while (matcher.find()) {
                                    anchors.add(matcher.group(1));
                                }
                            }
                        });
        return anchors;
    }

    private static String text(Node node) {
        StringBuilder text = new StringBuilder();
        node.accept(
                new AbstractVisitor() {
                    @Override
                    public void visit(Text part) {
                        text.append(part.getLiteral());
                    }

                    @Override
                    public void visit(Code part) {
                        text.append(part.getLiteral());
                    }
                });
        return text.toString();
    }
}
