/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * A Maven command of a page. Maven is not started from its own tests; what the command names must
 * exist, and a main is run from the jars that the build has made.
 */
final class MavenCommand {

    private static final Set<String> PHASES =
            Set.of(
                    "clean",
                    "validate",
                    "compile",
                    "test-compile",
                    "test",
                    "package",
                    "verify",
                    "install");

    private static final Set<String> FLAGS =
            Set.of("-q", "-B", "-o", "-am", "-ntp", "-DskipTests", "-version", "--version");

    private static final Map<String, String> CLASSPATHS =
            Map.of(
                    "examples", "examples/target/makemore.jar",
                    "benchmarks", "'benchmarks/target/benchmarks.jar:benchmarks/target/lib/*'");

    private final Map<String, Document> poms = new LinkedHashMap<>();
    private final List<String> mistakes = new ArrayList<>();
    private final List<String> modules = new ArrayList<>();
    private final Map<String, String> properties = new LinkedHashMap<>();
    private boolean mainWanted;

    MavenCommand(ShellCommand command) {
        poms.put("", pom(Page.ROOT));
        for (String module : texts("", "/project/modules/module")) {
            poms.put(module, pom(Page.ROOT.resolve(module)));
        }
        List<String> words = command.words();
        for (int i = 1; i < words.size(); i++) {
            String word = words.get(i);
            if (word.equals("-pl") && i + 1 < words.size()) {
                module(words.get(++i));
            } else if (word.startsWith("-P")) {
                profiles(word.substring(2));
            } else if (word.startsWith("-D") && !FLAGS.contains(word)) {
                String[] pair = word.substring(2).split("=", 2);
                properties.put(pair[0], pair.length < 2 ? "true" : pair[1]);
            } else if (word.contains(":")) {
                goal(word);
            } else if (!PHASES.contains(word) && !FLAGS.contains(word)) {
                mistakes.add("there is no phase or flag " + word);
            }
        }
        if (mainWanted || properties.containsKey("exec.mainClass")) {
            List<String> places = modules.isEmpty() ? Sources.modules() : modules;
            if (!Sources.have(places, mainClass())) {
                mistakes.add("there is no class " + mainClass() + " in " + places);
            }
        }
        if (properties.containsKey("test")) {
            for (String test : properties.get("test").split(",", -1)) {
                if (!Sources.haveTest(test.split("#", 2)[0])) {
                    mistakes.add("there is no test " + test);
                }
            }
        }
    }

    /** Returns what the command names and the build has not. */
    List<String> mistakes() {
        return mistakes;
    }

    /** Returns the command that does the same as its {@code exec:java} without Maven. */
    Optional<String> withoutMaven() {
        if (!mainWanted || !mistakes.isEmpty()) {
            return Optional.empty();
        }
        String module = modules.isEmpty() ? "examples" : modules.get(0);
        return Optional.of(
                "java -cp "
                        + CLASSPATHS.get(module)
                        + " "
                        + mainClass()
                        + " "
                        + properties.getOrDefault("exec.args", ""));
    }

    private String mainClass() {
        return properties.computeIfAbsent(
                "exec.mainClass", p -> texts("", "/project/properties/exec.mainClass").get(0));
    }

    private void module(String list) {
        for (String module : list.split(",", -1)) {
            if (poms.containsKey(module)) {
                modules.add(module);
            } else {
                mistakes.add("there is no module " + module);
            }
        }
    }

    private void profiles(String list) {
        Set<String> known = new HashSet<>();
        poms.keySet().forEach(p -> known.addAll(texts(p, "/project/profiles/profile/id")));
        for (String profile : list.split(",", -1)) {
            if (!known.contains(profile)) {
                mistakes.add("there is no profile " + profile);
            }
        }
    }

    private void goal(String word) {
        String prefix = word.split(":", 2)[0];
        boolean known = false;
        for (String plugin : texts("", "//pluginManagement/plugins/plugin/artifactId")) {
            known |=
                    plugin.equals("maven-" + prefix + "-plugin")
                            || plugin.equals(prefix + "-maven-plugin");
        }
        if (!known) {
            mistakes.add("the build has no plugin for " + word);
        }
        mainWanted |= word.equals("exec:java");
    }

    private List<String> texts(String module, String path) {
        try {
            XPath xpath = XPathFactory.newInstance().newXPath();
            NodeList nodes =
                    (NodeList) xpath.evaluate(path, poms.get(module), XPathConstants.NODESET);
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < nodes.getLength(); i++) {
                texts.add(nodes.item(i).getTextContent().strip());
            }
            return texts;
        } catch (XPathExpressionException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static Document pom(Path folder) {
        try {
            return DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(folder.resolve("pom.xml").toFile());
        } catch (ParserConfigurationException | SAXException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
