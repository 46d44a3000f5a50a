/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.djlext.testing.Command;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The library as a module, and in JShell: a rule of three times the gradient is the one that runs.
 */
class PackagingTest {

    private static final String TRIPLE =
            """
            class Triple extends org.djlext.autograd.AutogradFunction {
                @Override
                protected NDList forward(FunctionContext ctx, NDList inputs) {
                    return new NDList(inputs.get(0).duplicate());
                }
                @Override
                protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
                    return new NDList(gradOutputs.get(0).mul(3));
                }
            }
            """;

    private static final String USE =
            """
            NDManager manager = NDManager.newBaseManager();
            NDArray x = manager.create(new float[] {1, 2});
            x.setRequiresGradient(true);
            GradientCollector collector = Engine.getInstance().newGradientCollector();
            collector.backward(new Triple().apply(x).sum());
            System.out.println("gradient " + Arrays.toString(x.getGradient().toFloatArray()));
            """;

    private static final String IMPORTS =
            """
            import ai.djl.engine.Engine;
            import ai.djl.ndarray.NDArray;
            import ai.djl.ndarray.NDList;
            import ai.djl.ndarray.NDManager;
            import ai.djl.training.GradientCollector;
            import java.util.Arrays;
            import org.djlext.autograd.FunctionContext;
            """;

    private static String jdk(String program) {
        return Path.of(System.getProperty("java.home"), "bin", program).toString();
    }

    private static void run(String tool, Object... arguments) {
        String[] strings = Stream.of(arguments).map(Object::toString).toArray(String[]::new);
        assertEquals(
                0, ToolProvider.findFirst(tool).orElseThrow().run(System.out, System.err, strings));
    }

    private static Path location(Class<?> type) throws URISyntaxException {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    private static void assertPrintsTheGradient(List<String> command) throws Exception {
        Command outcome = Command.run(command);
        assertEquals(0, outcome.exitCode(), outcome.output());
        assertTrue(outcome.output().contains("gradient [3.0, 3.0]"), outcome.output());
    }

    @Test
    void inJshell(@TempDir Path dir) throws Exception {
        Path script = dir.resolve("triple.jsh");
        Files.writeString(script, IMPORTS + TRIPLE + USE + "/exit\n");
        assertPrintsTheGradient(
                List.of(
                        jdk("jshell"),
                        "-R--enable-native-access=ALL-UNNAMED",
                        "--class-path",
                        System.getProperty("java.class.path"),
                        script.toString()));
    }

    // DJL's API and this library are modules, and everything else is on the class path: the jar of
    // libtorch has a name that no module can have.
    @Test
    void onTheModulePath(@TempDir Path dir) throws Exception {
        Path manifest = Files.writeString(dir.resolve("mf"), "Automatic-Module-Name: org.djlext\n");
        Path library = dir.resolve("djl-extensions.jar");
        Path classes = location(NativeHooks.class);
        run("jar", "-cfm", library, manifest, "-C", classes, ".");
        String main = "public class Main { public static void main(String[] args) {" + USE + "}}";
        Path sources = dir.resolve("src");
        Files.createDirectories(sources.resolve("demo"));
        Path module =
                Files.writeString(
                        sources.resolve("module-info.java"),
                        "module demo { requires org.djlext; requires ai.djl.api; }");
        Path program =
                Files.writeString(
                        sources.resolve("demo/Main.java"),
                        "package demo;\n" + IMPORTS + TRIPLE + main);
        Path api = location(NDArray.class);
        String modules = library + File.pathSeparator + api;
        Path compiled = dir.resolve("classes");
        run("javac", "-p", modules, "-d", compiled, module, program);
        List<String> classPath =
                new ArrayList<>(
                        List.of(System.getProperty("java.class.path").split(File.pathSeparator)));
        classPath.removeIf(entry -> Path.of(entry).equals(api) || Path.of(entry).equals(classes));
        assertPrintsTheGradient(
                List.of(
                        jdk("java"),
                        "--enable-native-access=org.djlext,ALL-UNNAMED",
                        "-p",
                        modules + File.pathSeparator + compiled,
                        "-cp",
                        String.join(File.pathSeparator, classPath),
                        "-m",
                        "demo/demo.Main"));
    }
}
