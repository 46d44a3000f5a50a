/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.engine.Engine;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option of the benchmarks that have a Python beside them. */
final class PythonOption {

    @Option(names = "--python", defaultValue = "python3")
    private String command = "python3";

    /** Starts a script, or says why its side is left out and returns null. */
    @Nullable PythonProcess start(Printer out, String script, Path... arguments) {
        try {
            PythonProcess process = new PythonProcess(command, script, arguments);
            out.line(
                    "%s, beside libtorch %s under DJL %s",
                    process.version(),
                    Engine.getEngine("PyTorch").getVersion(),
                    Engine.getDjlVersion());
            return process;
        } catch (IOException e) {
            out.line("Python is left out: %s", String.valueOf(e.getMessage()));
            return null;
        }
    }
}
