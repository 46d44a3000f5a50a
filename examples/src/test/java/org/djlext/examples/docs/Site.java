/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Makes the pages and the Javadoc one site of HTML, and checks its links. {@code .ci/site} runs it.
 *
 * @param home the address of the project, for links to what is no page
 * @param folder where to write
 */
record Site(String home, Path folder) {

    /**
     * The main.
     *
     * @param args the address of the project, the folder of the Javadoc and the one to write to
     * @throws IOException if a file cannot be read or written
     */
    public static void main(String[] args) throws IOException {
        Site site = new Site(args[0], Path.of(args[2]));
        copyAll(Path.of(args[1]), site.folder.resolve("apidocs"));
        site.write(Page.all());
        List<String> broken = site.brokenLinks();
        if (!broken.isEmpty()) {
            throw new IOException(String.join("\n", broken));
        }
        System.out.println(site.folder.resolve("README.html"));
    }

    /** Writes all pages, and copies the pictures. */
    void write(List<Page> pages) throws IOException {
        copyAll(
                Page.ROOT.resolve(Page.DOCS).resolve("images"),
                folder.resolve(Page.DOCS).resolve("images"));
        Set<Path> files = pages.stream().map(Page::file).collect(Collectors.toSet());
        for (Page page : pages) {
            String body =
                    PageLink.LINK
                            .matcher(page.html())
                            .replaceAll(
                                    link ->
                                            Matcher.quoteReplacement(
                                                    link.group(1)
                                                            + destination(page, link, files)
                                                            + link.group(3)));
            Path target = folder.resolve(html(page.file().toString()));
            Files.createDirectories(target.toAbsolutePath().getParent());
            Files.writeString(target, frame(page, body));
        }
    }

    // Pages link to each other as they do in the repository; to all else, in the repository.
    private String destination(Page page, MatchResult link, Set<Path> pages) {
        String target = link.group(2);
        Optional<Path> file = new PageLink(page, target).file();
        if (file.isEmpty() || !link.group(1).startsWith("href")) {
            return target;
        }
        if (pages.contains(file.get())) {
            return html(target);
        }
        String kind = Files.isDirectory(Page.ROOT.resolve(file.get())) ? "tree" : "blob";
        return home + "/" + kind + "/main/" + file.get();
    }

    private static String html(String markdown) {
        return markdown.replaceFirst("\\.md(?=#|$)", ".html");
    }

    private static String frame(Page page, String body) {
        String up = "../".repeat(page.file().getNameCount() - 1);
        return """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>DJL extensions: %s</title>
        <style>
        body { margin: auto; max-width: 60rem; padding: 1rem; font-family: sans-serif; line-height: 1.5 }
        pre { overflow-x: auto; padding: 0.6rem; background: #f4f4f4 }
        table { border-collapse: collapse; display: block; overflow-x: auto }
        td, th { border: 1px solid #ccc; padding: 0.2rem 0.6rem }
        img { max-width: 100%% }
        </style>
        </head>
        <body>
        <nav><a href="%sREADME.html">DJL extensions</a> ·
        <a href="%sdocs/README.html">Pages</a> ·
        <a href="%sapidocs/index.html">Javadoc</a></nav>
        <main>
        %s</main>
        </body>
        </html>
        """
                .formatted(page, up, up, up, body);
    }

    /** Returns each link of a page to a file or an anchor that the site does not have. */
    List<String> brokenLinks() throws IOException {
        List<String> broken = new ArrayList<>();
        for (Path file : files(folder)) {
            if (!file.toString().endsWith(".html") || file.startsWith(folder.resolve("apidocs"))) {
                continue;
            }
            Matcher links = PageLink.LINK.matcher(Files.readString(file));
            while (links.find()) {
                if (!leadsSomewhere(file, links.group(2))) {
                    broken.add(folder.relativize(file) + ": " + links.group(2));
                }
            }
        }
        return broken;
    }

    private static boolean leadsSomewhere(Path file, String link) throws IOException {
        if (link.startsWith("https://")) {
            return true;
        }
        String[] parts = link.split("#", 2);
        Path target = parts[0].isEmpty() ? file : file.resolveSibling(parts[0]);
        if (!Files.isRegularFile(target)) {
            return false;
        }
        return parts.length == 1
                || Files.readString(target).matches("(?s).*\\b(id|name)=\"" + parts[1] + "\".*");
    }

    private static void copyAll(Path from, Path to) throws IOException {
        for (Path file : files(from)) {
            Path copy = to.resolve(from.relativize(file));
            Files.createDirectories(copy.toAbsolutePath().getParent());
            Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static Set<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }
}
