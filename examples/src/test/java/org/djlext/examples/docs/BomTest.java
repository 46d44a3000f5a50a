/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Path;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

/** The BOM has no parent, so nothing but this holds its versions to those of the project. */
class BomTest {

    private static String value(String pom, String path) throws Exception {
        Document document =
                DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(Path.of("..", pom).toFile());
        String value = XPathFactory.newInstance().newXPath().evaluate(path, document);
        assertFalse(value.isBlank(), pom + " has no " + path);
        return value;
    }

    @Test
    void bomHasTheVersionsOfTheProject() throws Exception {
        for (String tag : new String[] {"groupId", "version", "inceptionYear"}) {
            assertEquals(
                    value("pom.xml", "/project/" + tag),
                    value("bom/pom.xml", "/project/" + tag),
                    tag);
        }
        for (String plugin : new String[] {"spotless-maven-plugin", "maven-gpg-plugin"}) {
            String version = "//plugin[artifactId='" + plugin + "']/version";
            assertEquals(value("pom.xml", version), value("bom/pom.xml", version), plugin);
        }
        assertEquals(
                value("pom.xml", "/project/properties/djl.version"),
                value("bom/pom.xml", "//dependency[groupId='ai.djl']/version"));
        assertEquals(
                value("pom.xml", "/project/properties/project.home"),
                value("bom/pom.xml", "/project/url"));
    }
}
