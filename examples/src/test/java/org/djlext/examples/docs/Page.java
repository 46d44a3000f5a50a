/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import org.commonmark.Extension;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.ext.heading.anchor.HeadingAnchorExtension;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Code;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.HtmlBlock;
import org.commonmark.node.Node;
import org.commonmark.node.SourceSpan;
import org.commonmark.parser.IncludeSourceSpans;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.HtmlRenderer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A page of the documentation.
 *
 * @param file where it is, from the root of the project
 * @param document what it says
 */
record Page(Path file, Node document) {

    /** The root of the project; tests run in the folder of their module, programs in the root. */
    static final Path ROOT =
            Path.of(Files.isDirectory(Path.of("docs")) ? "" : "..").toAbsolutePath().normalize();

    static final Path DOCS = Path.of("docs");

    private static final List<Extension> EXTENSIONS =
            List.of(TablesExtension.create(), HeadingAnchorExtension.create());
    private static final Parser PARSER =
            Parser.builder()
                    .extensions(EXTENSIONS)
                    .includeSourceSpans(IncludeSourceSpans.BLOCKS_AND_INLINES)
                    .build();

    private static final Pattern COMMENT = Pattern.compile("<!--\\s*(.*?)\\s*-->", Pattern.DOTALL);

    /** Reads README.md and its like, and everything under docs. */
    static List<Page> all() throws IOException {
        List<Page> pages = new ArrayList<>();
        for (String name : List.of("README.md", "CONTRIBUTING.md", "CHANGELOG.md")) {
            if (Files.exists(ROOT.resolve(name))) {
                pages.add(read(Path.of(name)));
            }
        }
        try (Stream<Path> files = Files.walk(ROOT.resolve(DOCS))) {
            for (Path file : files.filter(f -> f.toString().endsWith(".md")).sorted().toList()) {
                pages.add(read(ROOT.relativize(file)));
            }
        }
        return pages;
    }

    private static Page read(Path file) throws IOException {
        return of(file, Files.readString(ROOT.resolve(file)));
    }

    static Page of(Path file, String text) {
        return new Page(file, PARSER.parse(text));
    }

    /** Returns the page in HTML, with tables, and with the anchors that GitHub gives headings. */
    String html() {
        return HtmlRenderer.builder().extensions(EXTENSIONS).build().render(document);
    }

    /** Returns the fenced blocks in order. */
    List<Fence> fences() {
        List<Fence> fences = new ArrayList<>();
        document.accept(
                new AbstractVisitor() {
                    @Override
                    public void visit(FencedCodeBlock block) {
                        fences.add(
                                new Fence(
                                        Page.this,
                                        line(block),
                                        block.getInfo().strip(),
                                        block.getLiteral(),
                                        commentsBefore(block)));
                    }
                });
        return fences;
    }

    /** Returns the code spans in the text. */
    List<Span> spans() {
        List<Span> spans = new ArrayList<>();
        document.accept(
                new AbstractVisitor() {
                    @Override
                    public void visit(Code code) {
                        spans.add(new Span(line(code), code.getLiteral()));
                    }
                });
        return spans;
    }

    /**
     * A code span.
     *
     * @param line where it begins
     * @param text what is in it
     */
    record Span(int line, String text) {}

    /** Says where a line is. */
    String at(int line) {
        return file + ":" + line;
    }

    /** Returns the number of the first line of a node. */
    static int line(Node node) {
        for (Node n = node; n != null; n = n.getParent()) {
            List<SourceSpan> spans = n.getSourceSpans();
            if (!spans.isEmpty()) {
                return spans.get(0).getLineIndex() + 1;
            }
        }
        return 1;
    }

    private static List<String> commentsBefore(Node block) {
        List<String> comments = new ArrayList<>();
        for (Node n = block.getPrevious(); n instanceof HtmlBlock html; n = n.getPrevious()) {
            Matcher matcher = COMMENT.matcher(html.getLiteral());
            List<String> found = new ArrayList<>();
            while (matcher.find()) {
                found.add(matcher.group(1));
            }
            comments.addAll(0, found);
        }
        return comments;
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
