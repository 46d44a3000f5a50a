/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import ai.djl.engine.Engine;
import java.util.LinkedHashMap;
import java.util.Map;

/** The versions of what a training ran on. */
public final class Versions {

    private Versions() {}

    static Map<String, String> all() {
        Map<String, String> versions = new LinkedHashMap<>();
        versions.put("DJL extensions", project());
        versions.put("DJL", Engine.getDjlVersion());
        versions.put("libtorch", Engine.getEngine("PyTorch").getVersion());
        versions.put(
                "JDK",
                System.getProperty("java.vm.name") + " " + System.getProperty("java.version"));
        versions.put(
                "operating system",
                System.getProperty("os.name")
                        + " "
                        + System.getProperty("os.version")
                        + ", "
                        + System.getProperty("os.arch"));
        versions.put("processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
        return versions;
    }

    /** {@return the version of this project, which the build writes beside this class} */
    public static String project() {
        return ReportPage.resource("version.properties").strip().replace("version=", "");
    }
}
